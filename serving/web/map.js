// The map of items, the person's place in it, and an item that is only being written.

import { html, useEffect, useMemo, useRef, useState } from "./htm-preact.js";
import { get } from "./api.js";
import { Plot, colours } from "./canvas.js";
import { Draft } from "./draft.js";
import { FindItem, Trouble, count, name, useLoaded, words } from "./parts.js";
import { Who, usePast } from "./person.js";

const RINGS = 50;

export function ItemMap({ schema, status, person, onPerson, onOpen }) {
  const [map, error] = useLoaded((signal) => get("/v1/map", signal), []);
  const past = usePast(person, 0);
  const choices = map ? Object.keys(map.features) : [];
  const [chosen, setColour] = useState("");
  const colour = chosen || choices.find((key) => map.features[key].some((value) => typeof value === "string")) || choices[0] || "";
  const [found, setFound] = useState(null);
  const [draft, setDraft] = useState(null);
  const [hover, setHover] = useState(null);
  const canvas = useRef(null);
  const plot = useRef(null);

  const at = useMemo(() => new Map(map ? map.item_ids.map((id, i) => [id, i]) : []), [map]);
  const [painted, legend] = useMemo(() => (map ? colours(map.features[colour] || map.item_ids.map(() => null)) : [[], []]), [map, colour]);
  const place = past[0];
  useEffect(() => {
    if (!map) return undefined;
    const open = (i) => onOpen({ item_id: map.item_ids[i] });
    plot.current = new Plot(canvas.current, (i, x, y) => setHover(i === null ? null : { i, x, y }), open);
    return () => plot.current.close();
  }, [map]);
  useEffect(() => {
    if (!map) return;
    const marks = [];
    for (const item of place ? place.history.slice(-RINGS) : []) if (at.has(item.item_id)) marks.push({ x: map.x[at.get(item.item_id)], y: map.y[at.get(item.item_id)], size: 5 });
    if (found && found.place) marks.push({ id: "found", x: found.place[0], y: found.place[1], label: name(found), size: 8 });
    if (place && place.place) marks.push({ id: "person", x: place.place[0], y: place.place[1], fill: "#fbbf24", label: "the person", size: 9 });
    if (draft) marks.push({ id: "draft", x: draft.place[0], y: draft.place[1], fill: "#d55e00", label: draft.title || "the new item", size: 9 });
    plot.current.set({ x: map.x, y: map.y, colour: painted }, marks);
  }, [map, painted, place, found, draft]);

  const find = (item) => {
    const i = at.get(item.item_id);
    setFound({ ...item, place: i === undefined ? null : [map.x[i], map.y[i]] });
  };
  return html`<div class="atlas">
    <${Who} person=${person} onChange=${onPerson} users=${status.users} onOpen=${onOpen} past=${past} />
    <section class="card" aria-labelledby="map">
      <div class="row apart"><h2 id="map">The map of items</h2>
        ${choices.length > 0 && html`<label class="row">Colour by <select value=${colour} onChange=${(event) => setColour(event.target.value)}>
          ${choices.map((key) => html`<option key=${key} value=${key}>${key}</option>`)}</select></label>`}</div>
      <${Trouble} error=${error} />
      ${map && html`
        <p class="soft">${count(map.item_ids.length)}${map.total > map.item_ids.length ? ` of ${count(map.total)}` : ""} items, by the two directions in which the item tower's vectors differ most
          (${Math.round(map.explained * 100)} % of the variance). Rings are the last ${RINGS} items that the person had. Drag to move, turn the wheel to zoom, press a point to open it.</p>
        <div class="map">
          <canvas ref=${canvas} role="img" aria-label="A map of the items. The search below finds any of them."></canvas>
          ${hover && html`<div class="tip" style=${{ left: `${Math.min(hover.x + 12, Math.max((canvas.current || {}).clientWidth - 180, 0))}px`, top: `${hover.y + 12}px` }}>
            ${map.titles[hover.i] || map.item_ids[hover.i]}${map.features[colour] && map.features[colour][hover.i] !== null && html`<br /><span class="soft">${colour}: ${words(map.features[colour][hover.i])}</span>`}</div>`}
        </div>
        <div class="row"><button type="button" class="small" onClick=${() => plot.current.zoom(1.5)}>Zoom in</button>
          <button type="button" class="small" onClick=${() => plot.current.zoom(1 / 1.5)}>Zoom out</button>
          <button type="button" class="small" onClick=${() => plot.current.reset()}>Whole map</button></div>
        <ul class="legend" aria-label=${"Colours of " + colour}>${legend.map(([fill, text]) => html`<li key=${text}><span class="swatch" style=${{ background: fill }}></span>${text}</li>`)}</ul>
        <${FindItem} label="Find an item in the map" onPick=${find} />
        ${found && html`<p role="status">${found.place ? html`<strong>${name(found)}</strong> is marked.` : html`<strong>${name(found)}</strong> is not among the items shown.`}${" "}
          <button type="button" class="small" onClick=${() => onOpen(found)}>Open it</button></p>`}`}
    </section>
    <${Draft} schema=${schema} person=${person} onPlace=${setDraft} onOpen=${onOpen} />
  </div>`;
}
