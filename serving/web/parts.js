// What several views show: items, reasons in words, stage times, a search for items, an item's details.

import { html, useEffect, useRef, useState } from "./htm-preact.js";
import { get, part } from "./api.js";

const SOURCES = {
  personal: ["taste", "is near this person's taste"],
  neighbours: ["company", "is liked by people who liked the same"],
  content: ["content", "is written about like what this person liked"],
  similar: ["similar", "is like the item asked about"],
  new: ["new", "has a place that is kept for new items"],
  popular: ["popular", "is what most people like"],
  title: ["title", "has the words in its title"],
  text: ["text", "means what was asked for"],
};

export const name = (item) => item.title || item.item_id;
export const words = (value) => {
  if (Array.isArray(value)) return value.length > 12 && typeof value[0] === "number" ? `${value.length} numbers` : value.slice(0, 12).join(", ");
  return value === true ? "yes" : value === false ? "no" : String(value);
};
export const short = (number) => (Math.abs(number) >= 100 ? number.toFixed(0) : Math.abs(number) >= 10 ? number.toFixed(1) : number.toFixed(2));
export const count = (number) => number.toLocaleString("en");
export const source = (item) => (SOURCES[item.source] || [item.source])[0];

/** Why an item is in a list, as a sentence. */
export function because(item) {
  const start = `It ${(SOURCES[item.source] || ["", "was found by " + item.source])[1]}`;
  const reasons = (item.because || []).filter((reason, i) => i === 0 || reason.share >= 0.05).map((reason) => {
    const both = Object.values(reason.shared).flat().slice(0, 3).map(words);
    return `“${name(reason)}” (${Math.round(reason.share * 100)} %${both.length ? "; both: " + both.join(", ") : ""})`;
  });
  if (!reasons.length) return start + ".";
  return `${start}, most of all because of ${reasons.length > 1 ? reasons.slice(0, -1).join(", ") + " and " + reasons.at(-1) : reasons[0]}.`;
}

/** The first short features of the schema, to tell items apart at a glance. */
export function telling(schema) {
  const first = (...types) => schema.items.filter((feature) => types.includes(feature.type)).slice(0, 1).map((feature) => feature.name);
  return [...first("number"), ...first("tags", "category")];
}

export function Picture({ item, images }) {
  const address = images && item.fields && item.fields[images];
  return typeof address === "string" && /^https?:\/\//.test(address) ? html`<img class="picture" src=${address} alt="" loading="lazy" referrerpolicy="no-referrer" />` : null;
}

/** A list of items. actions, below: what to show after and below an item's words; onOpen: what a press on its title does. */
export function Items({ items, onOpen, actions, below, explain, mark, images }) {
  return html`<ol class=${"items" + (explain ? "" : " compact")}>
    ${items.map((item, index) => html`<li key=${item.item_id}>
      <span class="place">${item.rank || index + 1}</span>
      <div>
        <button class="plain title" type="button" onClick=${() => onOpen(item)}>${name(item)}</button>
        <span class="soft">${Object.values(item.fields || {}).filter((value) => !/^https?:/.test(value)).map(words).join(" · ")}</span>
        <${Picture} item=${item} images=${images} />
      </div>
      <div class="numbers">
        ${item.predicted_rating != null && html`<div title="the rating that this person would give">would rate ${item.predicted_rating.toFixed(1)}</div>`}
        ${item.score != null && html`<div class="soft" title="of the ranking model, or of what brought the item">score ${short(item.score)}</div>`}
        ${mark && mark(item)}
      </div>
      ${explain && html`<div class="told">
        <p class="words soft"><span class="pill">${source(item)}</span> ${because(item)}</p>
        ${actions && html`<span class="row">${actions(item)}</span>`}
      </div>`}
      ${below && below(item)}
    </li>`)}
  </ol>`;
}

/** How long each stage took, as bars and numbers. */
export function Stages({ milliseconds }) {
  const stages = Object.entries(milliseconds).filter(([stage]) => stage !== "total");
  const most = Math.max(...stages.map(([, ms]) => ms), 0.001);
  return html`<div class="stack tight">
    <h3>Time by stage: ${milliseconds.total.toFixed(1)} ms in all</h3>
    <ul class="stages">${stages.map(([stage, ms]) => html`<li key=${stage}>
      <span>${stage}</span><span><span class="bar" style=${{ display: "block", width: `${(ms / most) * 100}%` }}></span></span><span class="ms">${ms.toFixed(2)} ms</span>
    </li>`)}</ul>
  </div>`;
}

/** What went wrong, if anything. */
export const Trouble = ({ error }) => (error ? html`<p class="warning error" role="alert">${error.message}</p>` : null);

/** The value of a promise that `load` makes anew when `inputs` change: [value, error, whether it is under way]. */
export function useLoaded(load, inputs) {
  const [state, set] = useState([null, null, true]);
  useEffect(() => {
    const stop = new AbortController();
    set(([value]) => [value, null, true]);
    load(stop.signal).then(
      (value) => stop.signal.aborted || set([value, null, false]),
      (error) => stop.signal.aborted || set(([value]) => [value, error, false]),
    );
    return () => stop.abort();
  }, inputs);
  return state;
}

/** A value that follows another when that has been still for a while. */
export function useSettled(value, milliseconds = 200) {
  const [settled, set] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => set(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return settled;
}

/** Finds items by title or meaning; a press on one calls onPick. */
export function FindItem({ label, onPick, keep }) {
  const [text, setText] = useState("");
  const list = useRef(null);
  const asked = useSettled(text.trim());
  const [answer, error, busy] = useLoaded(
    async (signal) => (asked ? get("/v1/search?k=8&q=" + part(asked), signal) : null),
    [asked],
  );
  const found = asked && answer ? answer.items : [];
  const pick = (item) => {
    if (!keep) setText("");
    onPick(item);
  };
  const move = (event) => {
    const buttons = list.current ? [...list.current.querySelectorAll("button")] : [];
    const at = buttons.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
    if (to === undefined || !buttons[to]) return;
    event.preventDefault();
    buttons[to].focus();
  };
  return html`<div class="stack tight" onKeyDown=${move}>
    <label class="field">${label}
      <input type="search" autocomplete="off" maxlength="200" value=${text} onInput=${(event) => setText(event.target.value)} />
    </label>
    <p class="hidden" role="status">${asked && !busy ? `${found.length} items found` : ""}</p>
    ${error && html`<${Trouble} error=${error} />`}
    ${found.length > 0 && html`<ul class="found" ref=${list}>${found.map((item) => html`<li key=${item.item_id}>
      <button type="button" onClick=${() => pick(item)}>${name(item)}</button></li>`)}</ul>`}
    ${asked && !busy && !error && !found.length && html`<p class="soft">Nothing found.</p>`}
  </div>`;
}

/** The details of an item in a dialog, with what is like it. onAdd: adds it to a history, where there is one. */
export function ItemDialog({ id, schema, onOpen, onClose, onAdd }) {
  const dialog = useRef(null);
  const fields = telling(schema).map((field) => "&fields=" + part(field)).join("");
  const path = "/v1/items/" + part(id);
  const [loaded, error] = useLoaded((signal) => Promise.all([get(path, signal), get(`${path}/similar?k=8${fields}`, signal)]), [id]);
  useEffect(() => {
    if (!dialog.current.open) dialog.current.showModal();
    dialog.current.scrollTop = 0;
  }, [id]);
  const [item, similar] = loaded && loaded[0].item_id === id ? loaded : [null, null];
  return html`<dialog ref=${dialog} onClose=${onClose} aria-labelledby="item-title" class="stack">
    <div class="row apart">
      <h2 id="item-title">${item ? name(item) : id}</h2>
      <button type="button" class="small" onClick=${() => dialog.current.close()}>Close</button>
    </div>
    <${Trouble} error=${error} />
    ${item && html`
      <dl class="facts">
        <dt>id</dt><dd>${item.item_id}</dd>
        ${!item.available && html`<dt>available</dt><dd>no: it is never shown</dd>`}
        ${Object.entries(item.features).map(([key, value]) => html`<dt>${key}</dt><dd>${words(value)}</dd>`)}
      </dl>
      ${onAdd && html`<p><button type="button" class="main" onClick=${() => { dialog.current.close(); onAdd(item); }}>Add to the history</button></p>`}
      <h3>Similar</h3>
      <${Items} items=${similar.items} onOpen=${onOpen} />`}
  </dialog>`;
}
