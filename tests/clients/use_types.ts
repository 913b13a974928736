// What somebody does with the generated types; compiled in strict mode, then run.
import type { components, operations } from "./api";

declare const process: { env: { SERVER: string; KEY: string } };

type ItemList = components["schemas"]["ItemList"];
type Problem = components["schemas"]["Problem"];
type Body = operations["recommend_to_anyone"]["requestBody"]["content"]["application/json"];

async function ask<Answer>(path: string, init: RequestInit = {}): Promise<Answer> {
  const headers = { Authorization: `Bearer ${process.env.KEY}`, "Content-Type": "application/json" };
  const response = await fetch(process.env.SERVER + path, { ...init, headers });
  return (await response.json()) as Answer;
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

const query: operations["search"]["parameters"]["query"] = { q: "hills", k: 2 };
const found = await ask<ItemList>(`/v1/search?q=${query.q}&k=${query.k}`);
check(found.items.length === 2 && found.items[0]!.title.includes("Hills"), "search");

const body: Body = { history: [{ item_id: "toy-1" }, { item_id: "toy-2" }], k: 2 };
const list = await ask<ItemList>("/v1/recommendations", { method: "POST", body: JSON.stringify(body) });
check(list.items.map((item) => item.rank).join() === "1,2" && !list.degraded, "recommendations");

const problem = await ask<Problem>("/v1/items/nothing");
check(problem.status === 404, "problem");
