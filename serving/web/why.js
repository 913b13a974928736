// Why an item is in a person's list, or at which stage it fell.

import { html } from "./htm-preact.js";
import { meant, post } from "./api.js";
import { Trouble, because, name, useLoaded } from "./parts.js";

const MARKS = { passed: ["✓", "good", "passed"], fell: ["✕", "bad", "fell here"], skipped: ["–", "soft", "not reached"] };

export function Why({ person, item, options, changed }) {
  const body = { ...meant(person), item_id: item.item_id, ...options };
  const [told, error] = useLoaded((signal) => post("/v1/explain", body, signal), [JSON.stringify(body), changed]);
  if (error) return html`<${Trouble} error=${error} />`;
  if (!told) return html`<p class="soft">Looking …</p>`;
  return html`<div class="stack tight">
    <h3>${name(told)}</h3>
    <p role="status">${told.summary}</p>
    <ol class="ladder">${told.stages.map((stage) => {
      const [mark, kind, word] = MARKS[stage.outcome];
      return html`<li key=${stage.stage}><span class=${"mark " + kind} aria-hidden="true">${mark}</span>
        <p><strong>${stage.stage}</strong> <span class="hidden">${word}: </span><span class=${stage.outcome === "skipped" ? "soft" : ""}>${stage.detail}</span></p></li>`;
    })}</ol>
    ${told.rank != null && html`<p class="soft">${because(told)}</p>`}
  </div>`;
}
