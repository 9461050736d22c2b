// One small interface to two browsers: Chromium by playwright-core, Firefox by puppeteer-core (the stock Firefox, over
// WebDriver BiDi). Both drive the browser of the system and download none.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * @typedef {object} Page
 * @property {(url: string) => Promise<unknown>} goto
 * @property {(text: string) => Promise<any>} evaluate  an expression; a promise is waited for
 * @property {(frame: number, text: string) => Promise<any>} inFrame  an expression in a frame of the page
 * @property {(text: string) => Promise<unknown>} before  a script that runs before those of every page and frame
 * @property {(text: string, seconds?: number, frame?: number) => Promise<void>} until  an expression becomes true
 * @property {(selector: string) => Promise<void>} click
 * @property {(key: string) => Promise<void>} press  a key, named as in KeyboardEvent.key
 * @property {(text: string) => Promise<void>} type  into what has the focus
 * @property {(width: number, height: number) => Promise<void>} size
 * @property {(isDark: boolean) => Promise<void>} dark
 * @property {(path: string) => Promise<unknown>} screenshot  of the whole page
 * @property {(path: string) => Promise<unknown>} view  of what is in sight
 * @property {string} downloads  the folder of what the browser saved
 * @property {string[]} errors  what the page threw or logged as an error, and requests to other hosts
 * @property {() => Promise<void>} close
 */

/**
 * @typedef {object} Browser
 * @property {() => Promise<Page>} open
 * @property {() => Promise<void>} close
 * @property {(work: () => Promise<unknown>) => Promise<number[]>} [tasks]  see below; Chromium only
 */

// As root, Chromium has no sandbox. The rest keeps it from looking for updates and the like.
const CHROMIUM = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * @param {string} name  chromium or firefox
 * @param {string} program
 * @returns {Promise<Browser>}
 */
export async function launch(name, program) {
  return name === "chromium" ? chromium(program) : firefox(program);
}

/**
 * The page, where nothing is run any more: a place for runs of other scripts.
 * @param {Browser} browser
 * @param {string} base
 */
export async function idle(browser, base) {
  const page = await browser.open();
  await page.goto(`${base}?s=lab-256m&k=4.9&duration=1s&c=0`);
  await page.until(`document.body.dataset.ensemble === "done"`, 120);
  return page;
}

/** @param {string} program */
async function chromium(program) {
  const { chromium } = await import("playwright-core");
  const browser = await chromium.launch({ executablePath: program, args: CHROMIUM });
  const downloads = await mkdtemp(join(tmpdir(), "swapscope-saved-"));
  const open = async () => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    const page = await context.newPage();
    const errors = watch(page);
    page.on("download", (download) => void download.saveAs(join(downloads, download.suggestedFilename())));
    return common(page, errors, {
      downloads,
      size: (width, height) => page.setViewportSize({ width, height }),
      before: (text) => page.addInitScript({ content: text }),
      dark: (isDark) => page.emulateMedia({ colorScheme: isDark ? "dark" : "light" }),
      close: () => context.close(),
    });
  };
  const close = async () => {
    await browser.close();
    await rm(downloads, { recursive: true, force: true });
  };
  return { open, close, tasks: (work) => tasks(browser, work) };
}

/**
 * How long the page's thread was busy with each of its tasks while `work` went on, in milliseconds: of the thread's own
 * time, not of a clock that runs on while other programs have the processor.
 * @param {import("playwright-core").Browser} browser
 * @param {() => Promise<unknown>} work
 */
async function tasks(browser, work) {
  const session = await browser.newBrowserCDPSession();
  /** @type {any[]} */
  const events = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  await session.send("Tracing.start", { traceConfig: { includedCategories: ["toplevel"] } });
  await work();
  const complete = new Promise((done) => session.once("Tracing.tracingComplete", done));
  await session.send("Tracing.end");
  await complete;
  const threads = events.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain");
  const busiest = threads
    .map(({ pid, tid }) => events.filter((event) => event.pid === pid && event.tid === tid && /RunTask$/.test(event.name)))
    .sort((a, b) => b.length - a.length)[0];
  return (busiest ?? []).map(({ tdur }) => (tdur ?? 0) / 1000);
}

/** @param {string} program */
async function firefox(program) {
  const { default: puppeteer } = await import("puppeteer-core");
  const profile = await mkdtemp(join(tmpdir(), "swapscope-firefox-"));
  const downloads = await mkdtemp(join(tmpdir(), "swapscope-saved-"));
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: program,
    headless: true,
    userDataDir: profile,
    extraPrefsFirefox: {
      // Nothing but the page itself may be asked for.
      "app.update.enabled": false,
      "browser.safebrowsing.downloads.remote.enabled": false,
      "browser.download.folderList": 2,
      "browser.download.dir": downloads,
    },
  });
  const open = async () => {
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    await page.setViewport({ width: 1280, height: 900 });
    const errors = watch(page);
    return common(page, errors, {
      downloads,
      size: (width, height) => page.setViewport({ width, height }),
      before: (text) => page.evaluateOnNewDocument(text),
      // This browser's driver cannot switch the system's theme; the page's own switch can. The help has none.
      dark: (isDark) => page.evaluate(`(() => {
        const theme = document.getElementById("theme");
        if (!theme) {
          return;
        }
        theme.value = "${isDark ? "dark" : "light"}";
        theme.dispatchEvent(new Event("change"));
      })()`),
      close: () => context.close(),
    });
  };
  const close = async () => {
    await browser.close();
    await rm(profile, { recursive: true, force: true });
    await rm(downloads, { recursive: true, force: true });
  };
  return { open, close };
}

/** @param {any} page */
function watch(page) {
  /** @type {string[]} */
  const errors = [];
  page.on("pageerror", (/** @type {unknown} */ error) => errors.push(`thrown: ${error}`));
  page.on("console", (/** @type {any} */ message) => {
    if (message.type() === "error") {
      errors.push(`logged: ${message.text()}`);
    }
  });
  page.on("request", (/** @type {any} */ request) => {
    const { protocol, hostname } = new URL(request.url());
    if (/^(https?|wss?):$/.test(protocol) && hostname !== "127.0.0.1") {
      errors.push(`request to ${hostname}`);
    }
  });
  return errors;
}

/**
 * @param {any} page
 * @param {string[]} errors
 * @param {any} own
 * @returns {Page}
 */
function common(page, errors, own) {
  const evaluate = (/** @type {string} */ text) => page.evaluate(text);
  const inFrame = (/** @type {number} */ frame, /** @type {string} */ text) => page.mainFrame().childFrames()[frame].evaluate(text);
  return {
    goto: (url) => page.goto(url),
    evaluate,
    inFrame,
    until: async (text, seconds = 60, frame = -1) => {
      const end = Date.now() + seconds * 1000;
      while (!(await (frame < 0 ? evaluate(text) : inFrame(frame, text)))) {
        if (Date.now() > end) {
          throw new Error(`after ${seconds} s still not: ${text}`);
        }
        await new Promise((done) => setTimeout(done, 50));
      }
    },
    click: (selector) => page.click(selector),
    press: (key) => page.keyboard.press(key),
    type: (text) => page.keyboard.type(text),
    screenshot: (path) => page.screenshot({ path, fullPage: true }),
    view: (path) => page.screenshot({ path }),
    errors,
    ...own,
  };
}
