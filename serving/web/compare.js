// Two lists for the same person side by side: of two variants, or of two ways to make the list.

import { html, useState } from "./htm-preact.js";
import { recommend } from "./api.js";
import { Items, Trouble, because, name, source, telling, useLoaded, useSettled } from "./parts.js";
import { Who, usePast } from "./person.js";

const LENGTH = 15;

export function Compare({ schema, status, person, onPerson, onOpen }) {
  const names = status.variants.map((variant) => variant.name).filter(Boolean);
  const [left, setLeft] = useState({ variant: names[0], diversity: 0, new_share: 0 });
  const [right, setRight] = useState({ variant: names[1], diversity: names.length > 1 ? 0 : 0.5, new_share: 0 });
  const past = usePast(person, 0);
  const fields = telling(schema);
  const [one, first] = useSide(person, left, fields);
  const [other, second] = useSide(person, right, fields);
  return html`<div class="columns">
    <${Who} person=${person} onChange=${onPerson} users=${status.users} onOpen=${onOpen} past=${past} />
    <div class="stack">
      <${Moved} one=${one} other=${other} />
      <div class="halves">
        <${Side} title="A" rest="B" names=${names} options=${left} onChange=${setLeft} answer=${one} error=${first} other=${other} onOpen=${onOpen} />
        <${Side} title="B" rest="A" names=${names} options=${right} onChange=${setRight} answer=${other} error=${second} other=${one} onOpen=${onOpen} />
      </div>
    </div>
  </div>`;
}

function useSide(person, options, fields) {
  const settled = useSettled(JSON.stringify(options), 150);
  return useLoaded((signal) => recommend(person, { k: LENGTH, fields, ...JSON.parse(settled) }, signal), [JSON.stringify(person), settled]);
}

function Side({ title, rest, names, options, onChange, answer, error, other, onOpen }) {
  const places = new Map(other ? other.items.map((item) => [item.item_id, item.rank]) : []);
  const mark = (item) => {
    if (!other) return null;
    const there = places.get(item.item_id);
    if (there === undefined) return html`<div>only here</div>`;
    if (there === item.rank) return html`<div class="soft">same place</div>`;
    return html`<div class=${there > item.rank ? "up" : "down"}>${there > item.rank ? "▲ higher" : "▼ lower"}, ${there} in ${rest}</div>`;
  };
  const slide = (key, label) => html`<label class="field"><span class="row apart"><span>${label}</span><output>${options[key].toFixed(2)}</output></span>
    <input type="range" min="0" max="1" step="0.05" value=${options[key]} aria-label=${`${label} of ${title}`} onInput=${(event) => onChange({ ...options, [key]: Number(event.target.value) })} /></label>`;
  return html`<section class="card" aria-labelledby=${"side-" + title}>
    <h2 id=${"side-" + title}>List ${title}</h2>
    ${names.length > 0 && html`<label class="field">Variant<select value=${options.variant} onChange=${(event) => onChange({ ...options, variant: event.target.value })}>
      ${names.map((variant) => html`<option key=${variant} value=${variant}>${variant}</option>`)}</select></label>`}
    ${slide("diversity", "Diversity")}${slide("new_share", "Share of new items")}
    <${Trouble} error=${error} />
    ${answer && html`<p class="soft">${answer.bundle ? "bundle " + answer.bundle : "from the store alone"}, ${answer.milliseconds.total.toFixed(1)} ms</p>
      <${Items} items=${answer.items} onOpen=${onOpen} mark=${mark} />`}
  </section>`;
}

/** What is in one list alone, and why it is there. */
function Moved({ one, other }) {
  if (!one || !other) return null;
  const only = (list, rest) => {
    const there = new Set(rest.items.map((item) => item.item_id));
    return list.items.filter((item) => !there.has(item.item_id));
  };
  const [left, right] = [only(one, other), only(other, one)];
  const shared = one.items.length - left.length;
  const told = (title, items) => items.length > 0 && html`<div class="stack tight"><h3>Only in ${title}</h3>
    <ul class="stack tight">${items.map((item) => html`<li key=${item.item_id}><strong>${name(item)}</strong> <span class="pill">${source(item)}</span> <span class="soft">${because(item)}</span></li>`)}</ul></div>`;
  return html`<section class="card" aria-labelledby="moved"><h2 id="moved">What differs</h2>
    <p role="status">${shared} of ${one.items.length} items are in both lists.</p>
    ${(left.length > 0 || right.length > 0) && html`<details><summary>Why each of the others is there</summary><div class="stack">${told("A", left)}${told("B", right)}</div></details>`}</section>`;
}
