// bench.mjs BROWSER PROGRAM BASE LINK
//
// How a comparison of four kernels feels: time from wasm to the first plots and to the end of the runs that are shown, frames
// of zoom and pan, and how long the page's thread was ever busy. Prints one line for each figure; it asserts nothing,
// because machines differ.

import { launch } from "./driver.mjs";

const [name, program, base, link] = process.argv.slice(2);
const browser = await launch(name, program);
const page = await browser.open();
await page.size(1600, 1200);
let done = 0;
const run = async () => {
  await page.goto(base + link);
  await page.until(`document.body.dataset.state === "done"`, 600);
  done = await page.evaluate("performance.now()");
  await page.until(`document.body.dataset.ensemble === "done"`, 600);
};
const busy = (await browser.tasks?.(run)) ?? (await run(), []);
const figures = await page.evaluate(`(async () => {
  document.getElementById("plots").scrollIntoView();
  const frame = () => new Promise(requestAnimationFrame);
  await frame();
  await new Promise((done) => setTimeout(done, 300));
  const plot = document.querySelectorAll("#plots .plot")[1];
  const box = plot.getBoundingClientRect();
  const wheel = (more) => plot.dispatchEvent(new WheelEvent("wheel",
    { bubbles: true, cancelable: true, clientX: box.left + box.width * 0.6, clientY: box.top + 20, ...more }));
  const measure = async (count, more) => {
    performance.clearMeasures("draw");
    for (let step = 0; step < count; step += 1) {
      wheel(more(step));
      await frame();
      await frame();
    }
    const times = performance.getEntriesByName("draw").map(({ duration }) => duration).sort((a, b) => a - b);
    const at = (share) => times[Math.floor((times.length - 1) * share)].toFixed(1);
    return at(0.5) + " ms, 95 % below " + at(0.95) + " ms, most " + at(1) + " ms";
  };
  const zoom = await measure(100, (step) => ({ ctrlKey: true, deltaY: step % 40 < 20 ? -30 : 30 }));
  for (let step = 0; step < 6; step += 1) {
    wheel({ ctrlKey: true, deltaY: -60 });
  }
  const pan = await measure(100, (step) => ({ shiftKey: true, deltaY: step % 20 < 10 ? 60 : -60 }));
  const [ready] = performance.getEntriesByName("wasm ready");
  const [first] = performance.getEntriesByName("first plots");
  return {
    plots: document.querySelectorAll("#plots canvas").length + " plots",
    "wasm ready": ready.startTime.toFixed(0) + " ms after navigation",
    "first plots": (first.startTime - ready.startTime).toFixed(0) + " ms after wasm was ready",
    "all runs": (${done} - ready.startTime).toFixed(0) + " ms after wasm was ready",
    zoom, pan,
  };
})()`);
const long = busy.filter((ms) => ms > 50).length;
figures["tasks until all seeds are done"] = `${busy.length}, over 50 ms ${long}, longest ${Math.max(0, ...busy).toFixed(0)} ms of processor time`;
for (const [what, value] of Object.entries(figures)) {
  console.log(`${what}: ${value}`);
}
await browser.close();
