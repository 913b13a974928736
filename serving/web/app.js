// The page: its head, its four views, and what they share: who is meant, the schema, the server's state, the key.

import { html, render, useEffect, useRef, useState } from "./htm-preact.js";
import { askWith, get, hasKey, useKey } from "./api.js";
import { Compare } from "./compare.js";
import { ItemMap } from "./map.js";
import { One } from "./one.js";
import { ItemDialog, Trouble, useLoaded } from "./parts.js";
import { Running } from "./running.js";

const VIEWS = { one: ["For one person", One], map: ["Map", ItemMap], compare: ["Side by side", Compare], running: ["Running", Running] };

/** The view and the person that the address names: #/map?user=1, #/one?item=1&item=2 */
function read() {
  const [, view = "", query = ""] = /^#\/?([a-z]*)\??(.*)$/.exec(location.hash) || [];
  const asked = new URLSearchParams(query);
  const person = asked.has("user") ? { user: asked.get("user") } : asked.has("item") ? { history: asked.getAll("item").map((item_id) => ({ item_id })) } : null;
  return { view: VIEWS[view] ? view : "one", person };
}

function address(view, person) {
  const query = new URLSearchParams(person.user !== undefined ? [["user", person.user]] : person.history.map((item) => ["item", item.item_id]));
  return `#/${view}${query.size ? "?" + query : ""}`;
}

function App() {
  const [view, setView] = useState(read().view);
  const [person, setPerson] = useState(read().person);
  const [open, setOpen] = useState(null);
  const [turn, setTurn] = useState(0);
  const [asking, setAsking] = useState(null);
  const [loaded, error] = useLoaded((signal) => Promise.all([get("/v1/schema", signal), get("/v1/status", signal)]), [turn]);
  const [schema, status] = loaded || [];
  const who = person || (status && (status.users.length ? { user: status.users[0].user_id } : { history: [] }));

  useEffect(() => {
    askWith((words) => new Promise((answer) => setAsking({ words, answer })));
    const follow = () => {
      const asked = read();
      setView(asked.view);
      if (asked.person) setPerson((known) => (known && address("one", known) === address("one", asked.person) ? known : asked.person));
    };
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  useEffect(() => {
    document.title = `${VIEWS[view][0]} · Pharos`;
    if (who) history.replaceState(null, "", address(view, who));
  }, [view, who && address(view, who)]);

  const add = (item) => {
    const before = who.history || [];
    if (!before.some((other) => other.item_id === item.item_id)) setPerson({ history: [...before, { item_id: item.item_id, title: item.title }] });
  };
  const Shown = VIEWS[view][1];
  return html`
    <a class="skip" href="#main" onClick=${(event) => { event.preventDefault(); document.getElementById("main").focus(); }}>To the content</a>
    <header class="top">
      <h1>Pharos</h1>
      <p class="soft">What to show next, and why.</p>
      <nav aria-label="Views">
        ${Object.entries(VIEWS).map(([key, [label]]) => html`<a key=${key} href=${who ? address(key, who) : "#/" + key} aria-current=${key === view ? "page" : undefined}>${label}</a>`)}
        <a href="/docs">API</a>
        <button type="button" onClick=${() => setAsking({ words: "", answer: (key) => key !== null && (useKey(key), setTurn((n) => n + 1)) })}>${hasKey() ? "Change key" : "Key"}</button>
      </nav>
    </header>
    <main id="main" tabindex="-1">
      <${Trouble} error=${error} />
      ${!loaded && !error && html`<p class="soft" role="status">Loading …</p>`}
      ${loaded && html`<${Shown} schema=${schema} status=${status} person=${who} onPerson=${setPerson} onOpen=${(item) => setOpen(item.item_id)} onChanged=${() => setTurn((n) => n + 1)} />`}
    </main>
    ${open && schema && html`<${ItemDialog} id=${open} schema=${schema} onOpen=${(item) => setOpen(item.item_id)} onClose=${() => setOpen(null)} onAdd=${add} />`}
    ${asking && html`<${KeyDialog} words=${asking.words} onAnswer=${(key) => { setAsking(null); asking.answer(key); }} />`}`;
}

function KeyDialog({ words, onAnswer }) {
  const dialog = useRef(null);
  const [typed, setTyped] = useState("");
  const answer = useRef(null);
  useEffect(() => dialog.current.showModal(), []);
  const submit = (event) => {
    event.preventDefault();
    answer.current = typed;
    dialog.current.close();
  };
  return html`<dialog ref=${dialog} aria-labelledby="key-title" onClose=${() => onAnswer(answer.current)}>
    <form class="stack" onSubmit=${submit}>
      <h2 id="key-title">API key</h2>
      ${words && html`<p>${words}</p>`}
      <p class="soft">It is kept in this tab until you close it, and sent to this server alone.</p>
      <label class="field">Key<input type="password" autocomplete="off" value=${typed} onInput=${(event) => setTyped(event.target.value)} /></label>
      <div class="row"><button class="main">Use this key</button><button type="button" onClick=${() => dialog.current.close()}>Go on without</button></div>
    </form>
  </dialog>`;
}

render(html`<${App} />`, document.getElementById("app"));
