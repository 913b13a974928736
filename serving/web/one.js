// For one person: the list, why each item is in it, filters, sliders, and items that are ignored.

import { html, useEffect, useState } from "./htm-preact.js";
import { call, part, recommend } from "./api.js";
import { measuredCost } from "./cost.js";
import { Filters } from "./filters.js";
import { FindItem, Items, Stages, Trouble, name, telling, useLoaded, useSettled } from "./parts.js";
import { Who, usePast } from "./person.js";
import { Why } from "./why.js";

const LENGTH = 20;
// On a phone the list comes first.
const wide = matchMedia("(min-width: 54rem)").matches;

export function One({ schema, status, person, onPerson, onOpen, onChanged }) {
  const [filter, setFilter] = useState({});
  const [diversity, setDiversity] = useState(status.settings.diversity);
  const [share, setShare] = useState(status.settings.new_share);
  const [ignored, setIgnored] = useState([]);
  const [changed, setChanged] = useState(0);
  const [asked, setAsked] = useState(null);
  const [opened, setOpened] = useState(null);
  const [trouble, setTrouble] = useState(null);
  const key = JSON.stringify(person);
  const sliders = useSettled(JSON.stringify([diversity, share]), 150);
  const [settledDiversity, settledShare] = JSON.parse(sliders);
  const images = status.settings.image_feature;
  const exclude = person.user === undefined ? ignored.map((item) => item.item_id) : [];
  const options = { k: LENGTH, filter, exclude, fields: [...telling(schema), ...(images ? [images] : [])] };
  const inputs = [key, JSON.stringify(filter), changed, JSON.stringify(exclude)];
  const [answer, error, busy] = useLoaded((signal) => recommend(person, { ...options, diversity: settledDiversity, new_share: settledShare }, signal), [...inputs, sliders]);
  const plain = settledDiversity === 0 && settledShare === 0;
  const [best] = useLoaded(async (signal) => (plain ? null : recommend(person, { ...options, diversity: 0, new_share: 0 }, signal)), [...inputs, plain]);
  const past = usePast(person, changed);
  const trained = answer ? status.bundles.find((bundle) => bundle.id === answer.bundle) : null;
  // A model that went live since the page was loaded: its figures are asked for once.
  useEffect(() => { if (answer && answer.bundle && !trained) onChanged(); }, [answer && answer.bundle]);

  const ignore = async (item, gone) => {
    setTrouble(null);
    try {
      if (person.user !== undefined) await call(gone ? "PUT" : "DELETE", `/v1/users/${part(person.user)}/ignored/${part(item.item_id)}`);
      setIgnored((items) => (gone ? [...items, item] : items.filter((other) => other.item_id !== item.item_id)));
      setChanged((n) => n + 1);
    } catch (problem) {
      setTrouble(problem);
    }
  };
  const why = (item) => html`<${Why} person=${person} item=${item} options=${{ k: LENGTH, filter, exclude, diversity: settledDiversity, new_share: settledShare }} changed=${changed} />`;
  const who = person.user !== undefined ? `user ${person.user}` : person.history.length ? "someone who liked these" : "someone unknown";
  return html`<div class="columns">
    <div class="stack">
      <${Who} person=${person} onChange=${(next) => { setIgnored([]); setAsked(null); setOpened(null); onPerson(next); }} users=${status.users} onOpen=${onOpen} past=${past} />
      <details class="card" open=${wide}><summary><h2>Tune the list</h2></summary>
        <div class="stack"><${Slider} label="Diversity" value=${diversity} onChange=${setDiversity} low="the best items" high="unlike each other" cost=${measuredCost(trained, "diversity", diversity)} />
        <${Slider} label="Share kept for new items" value=${share} onChange=${setShare} low="none" high="all" cost=${measuredCost(trained, "new_share", share)} />
        <${Cost} answer=${plain ? null : answer} best=${best} /></div>
      </details>
      <details class="card" open=${wide}><summary><h2>Only items with</h2></summary>
        <${Filters} schema=${schema} filter=${filter} onChange=${setFilter} /></details>
    </div>
    <div class="stack">
      <section class="card" aria-labelledby="list" aria-busy=${String(busy)}>
        <div class="row apart"><h2 id="list">Recommended to ${who}</h2>
          ${answer && html`<span class="soft">${answer.bundle ? `bundle ${answer.bundle}` : "from the store alone"}${answer.variant ? `, variant ${answer.variant}` : ""}</span>`}</div>
        <p class="hidden" role="status">${busy ? "" : answer ? `${answer.items.length} items` : ""}</p>
        <${Trouble} error=${error || trouble} />
        ${answer && answer.degraded && html`<p class="warning">Less than it could be: ${answer.degraded_reason}</p>`}
        ${ignored.length > 0 && html`<div class="warning stack tight"><p role="status">Ignored: not shown to this person any more.</p>
          <div class="chips">${ignored.map((item) => html`<button type="button" class="chip" key=${item.item_id} onClick=${() => ignore(item, false)}>Show again: ${name(item)}</button>`)}</div></div>`}
        ${answer && (answer.items.length
          ? html`<${Items} items=${answer.items} onOpen=${onOpen} explain=${true} images=${images} actions=${(item) => html`
              <button type="button" class="small" aria-label=${"Why " + name(item)} aria-expanded=${String(opened === item.item_id)} onClick=${() => setOpened(opened === item.item_id ? null : item.item_id)}>Why?</button>
              <button type="button" class="small" aria-label=${"Ignore " + name(item)} onClick=${() => ignore(item, true)}>Ignore</button>`}
              below=${(item) => opened === item.item_id && html`<div class="below">${why(item)}</div>`} />`
          : html`<p>No item passes these filters.</p>`)}
        ${answer && html`<${Stages} milliseconds=${answer.milliseconds} />`}
      </section>
      <section class="card" aria-labelledby="why"><h2 id="why">Why, or why not?</h2>
        <p class="soft">Name an item, and see at which stage it fell, or what brought it into the list.</p>
        <${FindItem} label="Item" onPick=${setAsked} />
        ${asked && why(asked)}
      </section>
    </div>
  </div>`;
}

function Slider({ label, value, onChange, low, high, cost }) {
  const id = "cost-" + label.toLowerCase().replaceAll(" ", "-");
  return html`<div class="stack tight"><label class="field"><span class="row apart"><span>${label}</span><output>${value.toFixed(2)}</output></span>
    <input type="range" min="0" max="1" step="0.05" value=${value} aria-label=${label} aria-describedby=${id} onInput=${(event) => onChange(Number(event.target.value))} />
    <span class="row apart"><span>${low}</span><span>${high}</span></span></label>
    <p class="soft" id=${id}>${cost}</p></div>`;
}

/** What the sliders cost this person, against the same list without them. */
function Cost({ answer, best }) {
  if (!answer || !best) return null;
  const before = new Set(best.items.map((item) => item.item_id));
  const replaced = answer.items.filter((item) => !before.has(item.item_id)).length;
  const mean = (items) => {
    const ratings = items.map((item) => item.predicted_rating).filter((rating) => rating != null);
    return ratings.length ? ratings.reduce((sum, rating) => sum + rating, 0) / ratings.length : null;
  };
  const [now, then] = [mean(answer.items), mean(best.items)];
  return html`<p class="soft" role="status">For this person: ${replaced} of ${answer.items.length} items are others than without the sliders${
    now != null && then != null ? `, and the mean predicted rating is ${now.toFixed(2)} in place of ${then.toFixed(2)}` : ""}.</p>`;
}
