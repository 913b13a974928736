// Requests to the server that the page came from, with the API key where it wants one.

const KEPT = "pharos-key"; // until the tab is closed
let key = sessionStorage.getItem(KEPT) || "";
let wanted = async () => null;
let asking = null;
let declined = false;

/** Sets how a person is asked for a key: an async function of the server's words that gives a key, or null. */
export function askWith(ask) {
  wanted = ask;
}

/** Takes a key, or none for "". */
export function useKey(given) {
  key = given.trim();
  declined = false;
  if (key) sessionStorage.setItem(KEPT, key);
  else sessionStorage.removeItem(KEPT);
}

export const hasKey = () => Boolean(key);

/** An answer that is an error: `status`, `kind` and the server's words as `message`. */
export class Problem extends Error {
  constructor(status, answer) {
    const told = (answer.errors || []).map((e) => `${e.field}: ${e.value ?? ""} (allowed: ${e.allowed ?? ""})`);
    super([answer.detail || `The server answered ${status}.`, ...told].join(" "));
    this.status = status;
    this.kind = String(answer.type || "");
  }
}

/** Sends one request and gives its JSON, or its text. Throws Problem. */
export async function call(method, path, body, signal) {
  for (;;) {
    const sent = key;
    const headers = sent ? { Authorization: "Bearer " + sent } : {};
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const response = await fetch(path, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
    const text = await response.text();
    const answer = text && (response.headers.get("content-type") || "").includes("json") ? JSON.parse(text) : text;
    if (response.ok) return answer;
    const wants = response.status === 401 || (response.status === 403 && String(answer.type).includes("scope"));
    // Another request may have asked meanwhile.
    if (wants && sent !== key) continue;
    if (wants && !declined) {
      asking ??= wanted(answer.detail).finally(() => { asking = null; });
      const given = await asking;
      if (given) { useKey(given); continue; }
      declined = true;
    }
    throw new Problem(response.status, typeof answer === "object" ? answer : {});
  }
}

export const get = (path, signal) => call("GET", path, undefined, signal);
export const post = (path, body, signal) => call("POST", path, body, signal);
export const part = encodeURIComponent;

/** A list of recommendations. options: k, filter, exclude, diversity, new_share, fields, variant. */
export function recommend(person, options, signal) {
  const { filter = {}, exclude = [], fields = [], ...single } = options;
  if (person.user === undefined) {
    const history = person.history.map((item) => ({ item_id: item.item_id }));
    return post("/v1/recommendations", { history, filter, exclude, fields, explain: true, ...single }, signal);
  }
  const query = new URLSearchParams({ explain: "true" });
  for (const [name, value] of Object.entries(single)) if (value !== undefined && value !== null) query.set(name, value);
  if (Object.keys(filter).length) query.set("filter", JSON.stringify(filter));
  for (const id of exclude) query.append("exclude", id);
  for (const name of fields) query.append("fields", name);
  return get(`/v1/users/${part(person.user)}/recommendations?${query}`, signal);
}

/** Who is meant, as the bodies of requests have it. */
export const meant = (person) =>
  person.user === undefined ? { history: person.history.map((item) => ({ item_id: item.item_id })) } : { user_id: person.user };
