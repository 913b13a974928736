// Who is meant: a user of the store, or a history that is built by clicking.

import { html, useState } from "./htm-preact.js";
import { post, meant } from "./api.js";
import { FindItem, Trouble, name, useLoaded } from "./parts.js";

const SHOWN = 12;

/** The last items that a person had, with their places in the map. */
export const usePast = (person, changed) =>
  useLoaded((signal) => post("/v1/map/person", meant(person), signal), [JSON.stringify(meant(person)), changed]);

export function Who({ person, onChange, users, onOpen, past }) {
  const isUser = person.user !== undefined;
  const [typed, setTyped] = useState(isUser ? person.user : "");
  const history = person.history || [];
  const choose = (id) => { setTyped(id); onChange({ user: id }); };
  const add = (item) => history.some((other) => other.item_id === item.item_id) || onChange({ history: [...history, { item_id: item.item_id, title: item.title }] });
  return html`<section class="card" aria-labelledby="who">
    <h2 id="who">For whom</h2>
    <div class="choices" role="radiogroup" aria-label="A user or a history">
      <label><input type="radio" name="kind" checked=${isUser} onChange=${() => choose(typed || (users[0] || {}).user_id || "1")} />A user</label>
      <label><input type="radio" name="kind" checked=${!isUser} onChange=${() => onChange({ history: [] })} />A history</label>
    </div>
    ${isUser
      ? html`<form class="row" onSubmit=${(event) => { event.preventDefault(); if (typed.trim()) onChange({ user: typed.trim() }); }}>
          <label class="field grow">User id<input value=${typed} maxlength="512" autocomplete="off" required onInput=${(event) => setTyped(event.target.value)} /></label>
          <button class="main">Show</button></form>
        ${users.length > 0 && html`<div class="stack tight"><p class="soft">Some users, with their events:</p>
          <div class="chips">${users.map((user) => html`<button type="button" class="chip" key=${user.user_id} aria-pressed=${String(user.user_id === person.user)}
            onClick=${() => choose(user.user_id)}>${user.user_id} (${user.events})</button>`)}</div></div>`}
        <${Past} loaded=${past} onOpen=${onOpen} />`
      : html`<${FindItem} label="Add items by title or meaning" onPick=${add} keep=${true} />
        ${history.length
          ? html`<ul class="chips" aria-label="The history, oldest first">${history.map((item) => html`<li key=${item.item_id}>
              <button type="button" class="chip" aria-label=${"Remove " + name(item)} onClick=${() => onChange({ history: history.filter((other) => other !== item) })}>✕ ${name(item)}</button></li>`)}</ul>`
          : html`<p class="soft">Nothing yet, so what most people like comes first. Search above, or press a title in the list and add it.</p>`}`}
  </section>`;
}

function Past({ loaded: [past, error], onOpen }) {
  if (error) return html`<${Trouble} error=${error} />`;
  if (!past) return null;
  if (!past.history.length) return html`<p class="soft">Nothing is known of this user.</p>`;
  const last = past.history.slice(-SHOWN).reverse();
  return html`<details><summary class="soft">Their last ${last.length} of ${past.history.length} items that count</summary>
    <ul>${last.map((item) => html`<li key=${item.item_id}>
      <button type="button" class="plain" onClick=${() => onOpen(item)}>${name(item)}</button>${item.rating != null && html` <span class="soft">rated ${item.rating}</span>`}</li>`)}</ul></details>`;
}
