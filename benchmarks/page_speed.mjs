// Uses the page as a person does and prints what that took, as JSON; page_speed.py runs it and says what it means.

import { chromium } from "playwright-core";

const { PAGE, CHROMIUM } = process.env;
const FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"];
const [LOADS, CLICKS, MOVES, ROUNDS] = [7, 20, 120, 3];
const seen = { page_bytes: [], all_bytes: [], load_ms: [], user_ms: [], item_ms: [], map_ms: [], drag_frames: [], zoom_frames: [] };
const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });

/** Opens an address with an empty cache. Before anything runs, the page gets what it is measured with. */
async function open(address) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(() => {
    /** When something is true of the page for the first time and has been painted: milliseconds since it was opened. */
    globalThis.when = (holds) => new Promise((done) => {
      const look = () => (holds() ? requestAnimationFrame(() => setTimeout(() => done(performance.now()))) : requestAnimationFrame(look));
      look();
    });
    globalThis.shown = () => document.querySelector("section[aria-labelledby=list][aria-busy=false] .items > li");
    globalThis.listed = () => [...document.querySelectorAll("section[aria-labelledby=list] .title")].map((title) => title.textContent).join("|");
    /** The time from a click to another list. */
    globalThis.click = async (button) => {
      const before = listed();
      const start = performance.now();
      button.click();
      return (await when(() => shown() && listed() !== before)) - start;
    };
    const put = CanvasRenderingContext2D.prototype.putImageData;
    globalThis.drawn = 0;
    CanvasRenderingContext2D.prototype.putImageData = function (...what) { globalThis.drawn += 1; return put.apply(this, what); };
  });
  await page.goto(PAGE + address);
  return page;
}

for (let n = 0; n < LOADS; n += 1) {
  const page = await open("/#/one?user=u3");
  seen.load_ms.push(await page.evaluate(() => when(shown)));
  const sizes = await page.evaluate(() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].map((entry) => [new URL(entry.name).pathname, entry.transferSize]));
  const sum = (some) => some.reduce((total, [, size]) => total + size, 0);
  seen.page_bytes.push(sum(sizes.filter(([path]) => !path.startsWith("/v1/"))));
  seen.all_bytes.push(sum(sizes));
  await page.context().close();
}

const one = await open("/#/one?user=u3");
await one.evaluate(() => when(shown));
for (let n = 0; n < CLICKS; n += 1) {
  const chips = await one.locator("section[aria-labelledby=who] .chips button[aria-pressed=false]").elementHandles();
  seen.user_ms.push(await one.evaluate((button) => click(button), chips[n % chips.length]));
}
await one.getByText("A history", { exact: true }).click();
await one.getByLabel("Add items by title or meaning").fill("Item 1");
await one.locator(".found button").nth(5).waitFor();
for (const button of (await one.locator(".found button").elementHandles()).slice(0, 6)) seen.item_ms.push(await one.evaluate((it) => click(it), button));
await one.context().close();

const map = await open("/#/one?user=u3");
await map.evaluate(() => when(shown));
seen.map_ms.push(await map.evaluate(async () => {
  const start = performance.now();
  [...document.querySelectorAll("nav a")].find((link) => link.textContent === "Map").click();
  return (await when(() => globalThis.drawn > 0)) - start;
}));
const box = await map.locator("canvas").boundingBox();
const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];

/** Redraws a second while something is done. */
async function frames(act) {
  await map.waitForTimeout(500);
  const [before, start] = await map.evaluate(() => [globalThis.drawn, performance.now()]);
  await act();
  const [after, end] = await map.evaluate(() => when(() => true).then((now) => [globalThis.drawn, now]));
  return ((after - before) / (end - start)) * 1000;
}

/** Moves or wheels once a frame at most, as the browser hands them on to a page. */
async function paced(act) {
  for (let n = 0; n < MOVES; n += 1) {
    const until = Date.now() + 1000 / 60;
    await act(n);
    const left = until - Date.now();
    if (left > 1) await new Promise((done) => { setTimeout(done, left); });
  }
}

for (let n = 0; n < ROUNDS; n += 1) {
  await map.mouse.move(x, y);
  await map.mouse.down();
  seen.drag_frames.push(await frames(() => paced((step) => map.mouse.move(x + 80 * Math.sin(step / 10), y + 40 * Math.cos(step / 10)))));
  await map.mouse.up();
  seen.zoom_frames.push(await frames(() => paced((step) => map.mouse.wheel(0, step < MOVES / 2 ? -12 : 12))));
}
await browser.close();
process.stdout.write(JSON.stringify(seen));
