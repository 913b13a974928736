// What a person sees and does on the page; see __main__.py for what it runs against.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

const { PAGE, GUARDED, KEY, LESS, CHROMIUM } = process.env;
const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"];
const WIDTHS = [360, 1280];
const SCHEMES = ["light", "dark"];
const VIEWS = { "for one person": "/#/one?user=w3", map: "/#/map?user=w3", "side by side": "/#/compare?user=w3", running: "/#/running?user=w3" };
const HEADINGS = { "for one person": "Recommended to user w3", map: "The map of items", "side by side": "What differs", running: "Time by stage since the start" };

let browser;
before(async () => { browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS }); });
after(() => browser.close());

/** Opens an address, runs what a person does there, and fails on any complaint of the browser or request elsewhere. */
async function visit(address, act, { width = 1280, origin = PAGE, allowed = /^$/ } = {}) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, reducedMotion: "reduce" });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const wrong = [];
  page.on("console", (message) => { if (["error", "warning"].includes(message.type()) && !allowed.test(message.text())) wrong.push(message.text()); });
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("request", (request) => { if (!request.url().startsWith(origin) && !request.url().startsWith("data:")) wrong.push(`asked elsewhere: ${request.url()}`); });
  try {
    await page.goto(origin + address);
    await act(page);
    assert.deepEqual(wrong, []);
  } finally {
    await context.close();
  }
}

const heading = (page, name) => page.getByRole("heading", { name, exact: true }).waitFor();
const listed = (page) => page.locator("section[aria-labelledby=list] .items > li");
const titles = (page) => listed(page).locator(".title").allTextContents();
const settled = (page) => page.locator("section[aria-labelledby=list][aria-busy=false] .items").waitFor();

async function accessible(page) {
  // The page's own policy forbids scripts of others, so axe comes in by the debugger.
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  assert.deepEqual(violations.map((it) => `${it.id}: ${it.nodes.map((node) => node.target.join(" ") + " " + (node.failureSummary || "")).join("; ")}`), []);
}

for (const [name, address] of Object.entries(VIEWS)) {
  for (const width of WIDTHS) {
    test(`${name} at ${width} px is accessible and fits the screen, light and dark`, () =>
      visit(address, async (page) => {
        await heading(page, HEADINGS[name]);
        await page.waitForLoadState("networkidle").catch(() => {});
        for (const colorScheme of SCHEMES) {
          await page.emulateMedia({ colorScheme });
          await accessible(page);
          assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, `it scrolls sideways, ${colorScheme}`);
        }
      }, { width }));
  }
}

test("a recommended item has source, score, predicted rating and reasons, and the list its times", () =>
  visit("/#/one?user=w3", async (page) => {
    const first = listed(page).first();
    await first.waitFor();
    const text = await first.innerText();
    assert.match(text, /taste|company|content/);
    assert.match(text, /score -?\d/);
    assert.match(text, /would rate [3-5]\.\d/);
    assert.match(text, /because of “Battle of the Hills \d+” \(\d+ %; both: .*War/);
    assert.match(await page.locator(".stages").innerText(), /retrieve\s+[\d.]+ ms/);
  }));

test("a user is chosen with the keyboard alone", () =>
  visit("/#/one?user=w3", async (page) => {
    await heading(page, "Recommended to user w3");
    await page.getByLabel("User id").focus();
    await page.keyboard.press("Control+A");
    await page.keyboard.type("t5");
    await page.keyboard.press("Enter");
    await heading(page, "Recommended to user t5");
    await settled(page);
    await page.waitForFunction(() => /Toy Box/.test(document.querySelector("section[aria-labelledby=list] .title").textContent));
    assert.match(page.url(), /user=t5/);
  }));

test("a history is built by clicking, and the list follows", () =>
  visit("/#/one?user=w3", async (page) => {
    await heading(page, "Recommended to user w3");
    await page.getByText("A history", { exact: true }).click();
    await heading(page, "Recommended to someone unknown");
    await page.getByLabel("Add items by title or meaning").fill("Toy Box");
    const found = page.locator(".found button");
    await found.nth(2).waitFor();
    for (const place of [0, 1, 2]) await found.nth(place).click();
    await heading(page, "Recommended to someone who liked these");
    await page.waitForFunction(() => [...document.querySelectorAll("section[aria-labelledby=list] .title")].slice(0, 5).every((it) => /Toy/.test(it.textContent)));
    assert.equal(await page.locator("ul[aria-label^='The history'] button").count(), 3);
    await page.locator("ul[aria-label^='The history'] button").first().click();
    assert.equal(await page.locator("ul[aria-label^='The history'] button").count(), 2);
  }));

test("a filter made from the schema confines the list", () =>
  visit("/#/one?user=w3", async (page) => {
    await settled(page);
    await page.getByLabel("genres", { exact: true }).selectOption("Animation");
    await page.waitForFunction(() => [...document.querySelectorAll("section[aria-labelledby=list] .title")].every((it) => /Toy/.test(it.textContent)));
    await page.getByLabel("year from").fill("1990");
    await page.getByLabel("year from").press("Enter");
    await page.waitForFunction(() => [...document.querySelectorAll("section[aria-labelledby=list] .items .soft")].every((it) => !/^198/.test(it.textContent)));
    assert.ok((await titles(page)).length > 0);
    await page.getByRole("button", { name: "Remove all filters" }).click();
    await page.waitForFunction(() => [...document.querySelectorAll("section[aria-labelledby=list] .title")].some((it) => /Battle/.test(it.textContent)));
  }));

test("each slider has its measured cost beside it, which follows the slider, and what it costs this person", () =>
  visit("/#/one?user=w3", async (page) => {
    await settled(page);
    const [cost, rest] = [page.locator("#cost-diversity"), /(about \d+\s% (less|more)|as) accurate.*, .* alike.*; measured on 40 people when this model was trained, too few/];
    assert.match(await cost.innerText(), new RegExp(`^Costs nothing here. At 1: ${rest.source}`));
    await page.getByLabel("Diversity", { exact: true }).fill("0.8");
    await page.getByText(/For this person: \d+ of 20 items are others/).waitFor();
    assert.match(await cost.innerText(), new RegExp(`^${rest.source}`, "i"));
    const before = await cost.innerText();
    await page.getByLabel("Diversity", { exact: true }).fill("0.2");
    await page.waitForFunction((old) => document.querySelector("#cost-diversity").innerText !== old, before);
    assert.match(await page.locator("#cost-share-kept-for-new-items").innerText(), /of a list little-known items \(\d+\s% without\)/);
    assert.match(await page.getByText(/For this person/).innerText(), /mean predicted rating is \d\.\d\d in place of \d\.\d\d/);
  }));

test("a slider says plainly that its cost was not measured", () =>
  visit("/#/one?user=w3", async (page) => {
    await page.route("**/v1/status", async (route) => {
      const answer = await route.fetch();
      const status = await answer.json();
      await route.fulfill({ response: answer, json: { ...status, bundles: status.bundles.map((bundle) => ({ ...bundle, list_costs: [] })) } });
    });
    await page.reload();
    await page.locator("#cost-diversity").getByText("Its cost was not measured when this model was trained.").waitFor();
  }));

test("an ignored item goes, and comes back", () =>
  visit("/#/one?user=w11", async (page) => {
    await settled(page);
    const [first] = await titles(page);
    await listed(page).first().getByRole("button", { name: `Ignore ${first}` }).click();
    const again = page.getByRole("button", { name: `Show again: ${first}` });
    await again.waitFor();
    await page.waitForFunction((title) => ![...document.querySelectorAll("section[aria-labelledby=list] .title")].some((it) => it.textContent === title), first);
    await again.click();
    await page.waitForFunction((title) => [...document.querySelectorAll("section[aria-labelledby=list] .title")].some((it) => it.textContent === title), first);
  }));

test("an item of the list tells its way through the stages", () =>
  visit("/#/one?user=w3", async (page) => {
    await settled(page);
    await listed(page).first().getByRole("button", { name: /^Why / }).click();
    await page.getByText("It is at place 1 of the list.").waitFor();
    assert.equal(await page.locator(".below .ladder li").count(), 9);
    await accessible(page);
  }));

test("an item that is not in the list tells where it fell", () =>
  visit("/#/one?user=w3", async (page) => {
    await settled(page);
    await page.getByLabel("Item", { exact: true }).fill("Battle of the Hills 4");
    await page.locator("section[aria-labelledby=why] .found button").first().click();
    await page.getByText("It is not in the list of 20: the person has had it already.").waitFor();
  }));

test("the details of an item open, show what is like it, and close by the keyboard", () =>
  visit("/#/one?user=w3", async (page) => {
    await settled(page);
    const [first] = await titles(page);
    await listed(page).first().locator(".title").click();
    await page.getByRole("dialog").getByRole("heading", { name: first }).waitFor();
    await page.getByRole("dialog").locator(".items > li").first().waitFor();
    await accessible(page);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  }));

test("titles and metadata are text, never HTML", () =>
  visit("/#/one?user=w3", async (page) => {
    const title = "<img src=x onerror=document.title='broken'> Toy Box";
    const features = { genres: ["<b>Animation</b>"], year: 1999 };
    const answer = await page.request.put(`${PAGE}/v1/items/evil`, { data: { title, features } });
    assert.ok(answer.ok());
    await settled(page);
    await page.getByLabel("Item", { exact: true }).fill(title);
    const found = page.locator("section[aria-labelledby=why] .found button").first();
    await found.waitFor();
    assert.equal(await found.textContent(), title);
    await found.click();
    await page.locator("section[aria-labelledby=why] h3").waitFor();
    assert.equal(await page.locator("main img, main b").count(), 0);
    await page.request.delete(`${PAGE}/v1/items/evil`);
  }));

test("the map names what the pointer is on, finds items and is coloured by a feature", () =>
  visit("/#/map?user=w3", async (page) => {
    const canvas = page.locator("canvas");
    await canvas.waitFor();
    await page.getByLabel("Colour by").selectOption("year");
    await page.getByRole("list", { name: "Colours of year" }).getByText("1950 to", { exact: false }).waitFor();
    await page.getByLabel("Find an item in the map").fill("Toy Box 3");
    await page.locator("section[aria-labelledby=map] .found button").first().click();
    await page.getByText(/is marked\./).waitFor();
    const box = await canvas.boundingBox();
    const tip = page.locator(".tip");
    let told = false;
    for (let x = 0.2; x < 0.8 && !told; x += 0.02) {
      for (let y = 0.1; y < 0.9 && !told; y += 0.04) {
        await page.mouse.move(box.x + x * box.width, box.y + y * box.height);
        told = (await tip.count()) > 0;
      }
    }
    assert.ok(told, "no point was found under the pointer");
    assert.match(await tip.innerText(), /Battle|Toy|Lone/);
  }));

test("a new item has neighbours while it is typed", () =>
  visit("/#/map?user=w3", async (page) => {
    await page.locator("canvas").waitFor();
    const draft = page.locator("section[aria-labelledby=draft]");
    await draft.getByLabel("title").fill("Another box");
    await draft.getByLabel("genres, separated by commas").fill("Animation");
    await draft.getByLabel("overview").fill("Toys come to life and have adventures in the children's room.");
    await draft.getByText(/This person would rate it/).waitFor();
    await page.waitForFunction(() => /Toy Box/.test((document.querySelector("section[aria-labelledby=draft] .items .title") || {}).textContent));
    await draft.getByText(/nearest to the taste of t\d+/).waitFor();
  }));

test("two lists stand side by side, with what differs", () =>
  visit("/#/compare?user=w3", async (page) => {
    await page.getByText(/\d+ of 15 items are in both lists\./).waitFor();
    await page.getByLabel("Diversity of B").fill("0");
    await page.getByText("15 of 15 items are in both lists.").waitFor();
  }));

test("a re-index is followed to its end and rolled back", () =>
  visit("/#/running?user=w3", async (page) => {
    await heading(page, "Collections");
    const live = () => page.request.get(`${PAGE}/readyz`).then((answer) => answer.json());
    const first = (await live()).collection;
    const job = page.getByText(/^Job /);
    const before = await job.innerText();
    await page.getByRole("button", { name: "Re-index" }).click();
    await page.waitForFunction((old) => {
      const now = [...document.querySelectorAll("section[aria-labelledby=reindex] p")].find((it) => it.textContent.startsWith("Job "));
      return now && now.innerText !== old && /: done/.test(now.innerText);
    }, before, { timeout: 120_000 });
    assert.notEqual((await live()).collection, first);
    page.on("dialog", (dialog) => dialog.accept());
    await page.getByRole("button", { name: "Roll back" }).click();
    await page.getByText(`Live again: ${first}`, { exact: false }).waitFor();
    assert.equal((await live()).collection, first);
  }));

test("a server with keys asks for one, and for a stronger one where that is not enough", () =>
  visit("/#/one?user=w3", async (page) => {
    const give = async (key) => {
      await page.getByLabel("Key", { exact: true }).fill(key);
      await page.getByRole("button", { name: "Use this key" }).click();
    };
    await page.getByRole("dialog").getByText("this needs an API key", { exact: false }).waitFor();
    await give("wrong");
    await page.getByRole("dialog").getByText("the one sent is not known", { exact: false }).waitFor();
    await give(LESS);
    await heading(page, "Recommended to user w3");
    await page.getByRole("link", { name: "Running" }).click();
    await page.getByRole("dialog").getByText("may do everything", { exact: false }).waitFor();
    await give(KEY);
    await heading(page, "Time by stage since the start");
  }, { origin: GUARDED, allowed: /status of 40[13]/ }));

test("the reference shows every operation with nothing from elsewhere, light and dark", () =>
  visit("/docs", async (page) => {
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      await page.getByText("/v1/explain").waitFor();
    }
    await page.locator("#operations-recommendations-explain_item button").first().click();
    await page.getByRole("button", { name: "Execute" }).waitFor();
  }));
