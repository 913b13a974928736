// A form for a filter, made from the schema: values of tags and categories, ranges of numbers, flags.

import { html, useState } from "./htm-preact.js";
import { words } from "./parts.js";

const without = (filter, field) => Object.fromEntries(Object.entries(filter).filter(([key]) => key !== field));
const withOne = (filter, field, condition) => (condition ? { ...filter, [field]: condition } : without(filter, field));

function Values({ feature, filter, onChange }) {
  const chosen = (filter[feature.name] || {}).any || [];
  const set = (values) => onChange(withOne(filter, feature.name, values.length ? { any: values } : null));
  const [typed, setTyped] = useState("");
  const add = (value) => {
    setTyped("");
    if (value && !chosen.includes(value)) set([...chosen, value]);
  };
  const few = !feature.more;
  const left = feature.values.filter((entry) => !chosen.includes(entry.value));
  return html`<div class="stack tight">
    ${few
      ? html`<label class="field">${feature.name}
          <select value="" aria-label=${feature.name} onChange=${(event) => { add(event.target.value); event.target.value = ""; }}>
            <option value="">any</option>
            ${left.map((entry) => html`<option value=${entry.value}>${entry.value} (${entry.items})</option>`)}
          </select></label>`
      : html`<form class="row" onSubmit=${(event) => { event.preventDefault(); add(typed.trim()); }}>
          <label class="field grow">${feature.name}
            <input list=${"values-" + feature.name} value=${typed} maxlength="500" onInput=${(event) => setTyped(event.target.value)} /></label>
          <datalist id=${"values-" + feature.name}>${left.map((entry) => html`<option value=${entry.value} />`)}</datalist>
          <button class="small" aria-label=${"Add to " + feature.name}>Add</button></form>`}
    ${chosen.length > 0 && html`<div class="chips">${chosen.map((value) => html`
      <button type="button" class="chip" aria-label=${`Remove ${feature.name} ${value}`} onClick=${() => set(chosen.filter((other) => other !== value))}>✕ ${value}</button>`)}</div>`}
  </div>`;
}

function Between({ feature, filter, onChange }) {
  const bounds = filter[feature.name] || {};
  const set = (end) => (event) => {
    const value = event.target.value;
    const next = value === "" ? without(bounds, end) : { ...bounds, [end]: Number(value) };
    onChange(withOne(filter, feature.name, Object.keys(next).length ? next : null));
  };
  const end = (key, word, value) => html`<input type="number" step="any" class="grow" aria-label=${`${feature.name} ${word}`}
    placeholder=${value == null ? "" : words(value)} value=${bounds[key] ?? ""} onChange=${set(key)} />`;
  return html`<fieldset><legend>${feature.name}</legend>
    <div class="row">${end("gte", "from", feature.lowest)}<span aria-hidden="true">to</span>${end("lte", "to", feature.highest)}</div></fieldset>`;
}

function Flag({ feature, filter, onChange }) {
  const value = String(((filter[feature.name] || {}).any || [""])[0]);
  const set = (event) => onChange(withOne(filter, feature.name, event.target.value && { any: [event.target.value === "true"] }));
  return html`<label class="field">${feature.name}
    <select value=${value} aria-label=${feature.name} onChange=${set}><option value="">any</option><option value="true">yes</option><option value="false">no</option></select></label>`;
}

const KINDS = { tags: Values, category: Values, number: Between, flag: Flag };

/** The form. filter: conditions by feature, as the API takes them. */
export function Filters({ schema, filter, onChange }) {
  const known = schema.items.filter((feature) => KINDS[feature.type]);
  if (!known.length) return html`<p class="soft">The items have no features to filter by.</p>`;
  return html`<div class="stack tight">
    ${known.map((feature) => html`<${KINDS[feature.type]} key=${feature.name} feature=${feature} filter=${filter} onChange=${onChange} />`)}
    ${Object.keys(filter).length > 0 && html`<p><button type="button" class="small" onClick=${() => onChange({})}>Remove all filters</button></p>`}
  </div>`;
}
