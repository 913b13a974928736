// A new item that moves in the map while it is typed. Nothing of it is stored.

import { html, useEffect, useState } from "./htm-preact.js";
import { meant, post } from "./api.js";
import { Items, Trouble, useLoaded, useSettled } from "./parts.js";

/** The typed text of a field as a value of its type; undefined where there is none. */
function value(feature, text) {
  if (!text.trim()) return undefined;
  if (feature.type === "number") return Number(text);
  if (feature.type === "flag") return text === "true";
  if (feature.type === "tags") return text.split(",").map((tag) => tag.trim()).filter(Boolean);
  return text;
}

export function Draft({ schema, person, onPlace, onOpen }) {
  const known = schema.items.filter((feature) => feature.type !== "vector");
  const [title, setTitle] = useState("");
  const [typed, setTyped] = useState({});
  const features = Object.fromEntries(known.map((feature) => [feature.name, value(feature, typed[feature.name] || "")]).filter(([, given]) => given !== undefined));
  const empty = !title.trim() && !Object.keys(features).length;
  const body = useSettled(JSON.stringify({ title: title.trim() || "untitled", features, ...meant(person) }), 250);
  const [seen, error] = useLoaded(async (signal) => (empty ? null : post("/v1/items:preview", JSON.parse(body), signal)), [body, empty]);
  useEffect(() => onPlace(seen && !empty ? { place: seen.place, title } : null), [seen, empty]);
  const set = (name) => (event) => setTyped({ ...typed, [name]: event.target.value });
  return html`<section class="card" aria-labelledby="draft">
    <h2 id="draft">A new item, as you type it</h2>
    <p class="soft">It moves in the map with every word, though nobody has had it yet. Nothing is stored.</p>
    <label class="field">title<input maxlength="500" value=${title} onInput=${(event) => setTitle(event.target.value)} /></label>
    ${known.map((feature) => html`<${Field} key=${feature.name} feature=${feature} text=${typed[feature.name] || ""} onInput=${set(feature.name)} />`)}
    <${Trouble} error=${error} />
    ${seen && !empty && html`
      <h3>Its neighbours</h3>
      <${Items} items=${seen.neighbours} onOpen=${onOpen} />
      ${seen.person && html`<p role="status">${seen.person.predicted_rating != null ? `This person would rate it ${seen.person.predicted_rating.toFixed(1)}. ` : ""}Nearer to their taste are ${seen.person.nearer} of ${seen.person.of} items.</p>`}
      ${seen.audience.length > 0 && html`<p class="soft">Of some users it is nearest to the taste of ${seen.audience.map((user) => user.user_id).join(", ")}.</p>`}`}
  </section>`;
}

function Field({ feature, text, onInput }) {
  const list = "known-" + feature.name;
  if (feature.type === "text") return html`<label class="field">${feature.name}<textarea rows="3" maxlength="5000" value=${text} onInput=${onInput}></textarea></label>`;
  if (feature.type === "flag") return html`<label class="field">${feature.name}<select value=${text} onChange=${onInput}><option value="">not known</option><option value="true">yes</option><option value="false">no</option></select></label>`;
  if (feature.type === "number") return html`<label class="field">${feature.name}<input type="number" step="any" value=${text} onInput=${onInput} /></label>`;
  const values = feature.values.slice(0, 100);
  const example = values.slice(0, 2).map((entry) => entry.value).join(", ");
  return html`<label class="field">${feature.name}${feature.type === "tags" ? ", separated by commas" : ""}
    <input maxlength="1000" list=${list} placeholder=${example} value=${text} onInput=${onInput} /><datalist id=${list}>${values.map((entry) => html`<option value=${entry.value} />`)}</datalist></label>`;
}
