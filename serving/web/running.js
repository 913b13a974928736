// How the system runs: catalogue, what is live, re-indexing, jobs, latency by stage, the bundle's evaluation.

import { html, useEffect, useRef, useState } from "./htm-preact.js";
import { get, part, post } from "./api.js";
import { histogram, parse, requests } from "./metrics.js";
import { Trouble, count } from "./parts.js";

const EVERY = 2000;
const KEPT = 150;
const when = (seconds) => (seconds ? new Date(seconds * 1000).toLocaleString() : "never");

export function Running({ status: first }) {
  const [status, setStatus] = useState({ ...first, jobs: [] });
  const [samples, setSamples] = useState(null);
  const [problem, setProblem] = useState(null);
  const [over, setOver] = useState([]);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    let timer;
    const look = async () => {
      try {
        if (!document.hidden) {
          const [state, text, last] = await Promise.all([get("/v1/status", stop.signal), get("/metrics", stop.signal), get("/v1/jobs", stop.signal)]);
          const read = parse(text);
          setStatus({ ...state, jobs: last });
          setSamples(read);
          setOver((points) => [...points, { at: Date.now() / 1000, ...requests(read) }].slice(-KEPT));
          setProblem(null);
        }
      } catch (error) {
        if (!stop.signal.aborted) setProblem(error);
      }
      if (!stop.signal.aborted) timer = setTimeout(look, EVERY);
    };
    look();
    return () => { stop.abort(); clearTimeout(timer); };
  }, [turn]);
  const troubles = Object.entries(status.problems);
  return html`<div class="stack">
    <${Trouble} error=${problem} />
    ${troubles.map(([name, reason]) => html`<p class="warning error" key=${name}><strong>${name}</strong> is not ready: ${reason}</p>`)}
    <div class="halves">
      <section class="card" aria-labelledby="catalogue"><h2 id="catalogue">Catalogue</h2>
        <dl class="facts"><dt>items</dt><dd>${count(status.counts.items)}</dd><dt>users</dt><dd>${count(status.counts.users)}</dd><dt>events</dt><dd>${count(status.counts.events)}</dd>
          <dt>revision</dt><dd>${count(status.revision)}</dd><dt>version</dt><dd>${status.version}</dd><dt>parts</dt><dd>${troubles.length ? html`<span class="bad">not all ready</span>` : html`<span class="good">all ready</span>`}</dd></dl></section>
      <section class="card" aria-labelledby="live"><h2 id="live">Live</h2>
        ${status.variants.map((variant) => html`<dl class="facts" key=${variant.name}>
          ${variant.name && html`<dt>variant</dt><dd>${variant.name}, for ${Math.round(variant.share * 100)} % of the users</dd>`}
          <dt>alias</dt><dd>${variant.alias}</dd><dt>bundle</dt><dd>${variant.bundle || "none"}</dd><dt>collection</dt><dd>${variant.collection || "none"}</dd><dt>items in it</dt><dd>${variant.items == null ? "not known" : count(variant.items)}</dd></dl>`)}
      </section>
      <${Reindex} status=${status} onDone=${() => setTurn((n) => n + 1)} />
      <${Evaluation} bundles=${status.bundles} />
    </div>
    <section class="card" aria-labelledby="collections"><h2 id="collections">Collections</h2>
      <${Table} label="Table of the collections" head=${["collection", "bundle", ["items"], "built", "last went live"]} rows=${status.collections.map((it) => [it.name, it.bundle, [count(it.items)], when(it.created_at), when(it.live_at)])} /></section>
    <section class="card" aria-labelledby="speed"><h2 id="speed">Requests while this page is open</h2>
      <${Chart} points=${over} /></section>
    ${samples && html`<section class="card" aria-labelledby="stages"><h2 id="stages">Time by stage since the start</h2>
      <${Times} rows=${histogram(samples, "pharos_stage_seconds", "list", "stage")} head=${["list", "stage"]} />
      <h3>By route</h3>
      <${Times} rows=${histogram(samples, "pharos_request_seconds", "method", "route")} head=${["method", "route"]} /></section>`}
  </div>`;
}

/** A table; a heading or a cell in brackets is a number. */
function Table({ label, head, rows }) {
  const kind = (cell) => (Array.isArray(cell) ? "n" : "");
  if (!rows.length) return html`<p class="soft">Nothing yet.</p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${label}><table>
    <thead><tr>${head.map((cell) => html`<th scope="col" class=${kind(cell)}>${cell}</th>`)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td class=${kind(cell)}>${cell}</td>`)}</tr>`)}</tbody></table></div>`;
}

const Times = ({ rows, head }) => html`<${Table} label=${`Times by ${head.join(" and ")}`} head=${[...head, ["count"], ["mean ms"], ["95 % below ms"]]}
  rows=${rows.map((row) => [...row.names, [count(row.count)], [row.mean.toFixed(2)], [row.high == null ? "more" : row.high]])} />`;

function Reindex({ status, onDone }) {
  const [bundle, setBundle] = useState("");
  const [variant, setVariant] = useState("");
  const [problem, setProblem] = useState(null);
  const [told, setTold] = useState("");
  const [job, setJob] = useState(null);
  const known = job || status.jobs[0];
  const under = known && (known.state === "queued" || known.state === "running");
  useEffect(() => {
    if (!known || !under) return undefined;
    const timer = setTimeout(async () => {
      try {
        const next = await get("/v1/jobs/" + part(known.id));
        setJob(next);
        if (next.state === "done" || next.state === "failed") onDone();
      } catch (error) {
        setProblem(error);
      }
    }, 400);
    return () => clearTimeout(timer);
  }, [known && known.id, known && known.state, known && known.phase, known && known.done, job]);
  const act = async (action) => {
    setProblem(null);
    setTold("");
    try {
      await action();
    } catch (error) {
      setProblem(error);
    }
  };
  const start = () => act(async () => setJob(await post("/v1/reindex", { ...(bundle && { bundle }), ...(variant && { variant }) })));
  const back = () => confirm("Switch back to the collection that was live before?") && act(async () => {
    const done = await post("/v1/rollback" + (variant ? "?variant=" + part(variant) : ""));
    setTold(`Live again: ${done.collection} of bundle ${done.bundle}.`);
    onDone();
  });
  const names = status.variants.map((it) => it.name).filter(Boolean);
  return html`<section class="card" aria-labelledby="reindex"><h2 id="reindex">Re-index and roll back</h2>
    <label class="field">Bundle<select value=${bundle} onChange=${(event) => setBundle(event.target.value)}><option value="">the newest</option>
      ${status.bundles.map((it) => html`<option key=${it.id} value=${it.id}>${it.id}</option>`)}</select></label>
    ${names.length > 0 && html`<label class="field">Variant<select value=${variant} onChange=${(event) => setVariant(event.target.value)}><option value="">${names[0]}</option>
      ${names.slice(1).map((it) => html`<option key=${it} value=${it}>${it}</option>`)}</select></label>`}
    <div class="row"><button type="button" class="main" disabled=${under} onClick=${start}>Re-index</button><button type="button" disabled=${under} onClick=${back}>Roll back</button></div>
    <${Trouble} error=${problem} />
    <p role="status">${told}</p>
    ${known && html`<div class="stack tight"><p>Job ${known.id}: <strong>${known.state}</strong>, ${known.phase}${known.collection ? `, collection ${known.collection}` : ""}</p>
      ${under && html`<progress max=${Math.max(known.total, 1)} value=${known.done} aria-label="Progress of the job"></progress><p class="soft">${count(known.done)} of ${count(known.total)}</p>`}
      ${known.error && html`<p class="warning error">${known.error}</p>`}</div>`}
    ${status.jobs.length > 0 && html`<details><summary class="soft">Last jobs</summary>
      <${Table} label="Last jobs" head=${["started", "ended", "state", "bundle"]} rows=${status.jobs.map((it) => [when(it.started_at), it.finished_at ? when(it.finished_at) : "", it.error ? `${it.state}: ${it.error}` : it.state, it.bundle])} /></details>`}
  </section>`;
}

function Evaluation({ bundles }) {
  const [latest] = bundles;
  const figures = latest ? Object.entries(latest.evaluation) : [];
  return html`<section class="card" aria-labelledby="figures"><h2 id="figures">The newest bundle</h2>
    ${latest ? html`<dl class="facts"><dt>id</dt><dd>${latest.id}</dd><dt>trained</dt><dd>${latest.created_at}</dd></dl>
      <${Table} label="Figures of the newest bundle" head=${["held out", ["value"]]} rows=${figures.map(([key, value]) => [key, [value.toFixed(4)]])} />` : html`<p class="soft">No bundle yet: make one with pharos train.</p>`}</section>`;
}

let library = null;
/** uPlot, which is loaded when it is first needed. */
const charts = () => (library ??= new Promise((ready, fail) => {
  const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: "/assets/uplot.css" });
  const script = Object.assign(document.createElement("script"), { src: "/assets/uplot.js", onload: () => ready(window.uPlot), onerror: () => fail(new Error("the chart could not be loaded")) });
  document.head.append(style, script);
}));

function Chart({ points }) {
  const place = useRef(null);
  const chart = useRef(null);
  const rows = points.slice(1).map((point, i) => {
    const asked = point.count - points[i].count;
    return [point.at, asked / (point.at - points[i].at), asked ? ((point.seconds - points[i].seconds) / asked) * 1000 : null];
  });
  const data = [0, 1, 2].map((column) => rows.map((row) => row[column]));
  useEffect(() => {
    let gone = false;
    let watch;
    charts().then((UPlot) => {
      if (gone) return;
      const css = getComputedStyle(place.current);
      const axis = { stroke: css.color, grid: { stroke: css.getPropertyValue("--line") }, ticks: { stroke: css.getPropertyValue("--line") } };
      const size = () => ({ width: place.current.clientWidth, height: 220 });
      chart.current = new UPlot({
        ...size(),
        series: [{}, { label: "requests a second", stroke: css.getPropertyValue("--accent"), width: 2 }, { label: "mean ms", stroke: css.getPropertyValue("--good"), width: 2, dash: [6, 3], scale: "ms" }],
        axes: [axis, { ...axis, label: "requests a second", labelSize: 20 }, { ...axis, scale: "ms", side: 1, label: "mean ms", labelSize: 20, grid: { show: false } }],
      }, data, place.current);
      watch = new ResizeObserver(() => chart.current.setSize(size()));
      watch.observe(place.current);
    });
    return () => { gone = true; if (watch) watch.disconnect(); if (chart.current) chart.current.destroy(); };
  }, []);
  useEffect(() => { if (chart.current) chart.current.setData(data); }, [points]);
  const last = rows.at(-1);
  return html`<div><p class="soft">${last ? `${last[1].toFixed(1)} requests a second, mean ${last[2] == null ? "–" : last[2].toFixed(1)} ms (this page's own among them)` : "The first numbers come in a moment."}</p>
    <div ref=${place} role="img" aria-label="Requests a second and their mean time, over time"></div></div>`;
}
