// Starts a frame once it is in sight: first what was run beforehand, then the program. A page may hold many frames, and the
// reader may see none of them.
//
// The build makes one classic script of this, as it does of embed.js and for the same reason.

import { alertWith, make, need } from "./dom.js";
import { showFallback } from "./fallback.js";
import { asBundled, picture, standFor } from "./still.js";
import { readSwitches } from "./switches.js";

const ADDRESS = location.search + location.hash;

/**
 * The page around us may ask how high we would like to be: resize.js there does. Only our parent is told, and nothing
 * but that.
 */
function listenToParent() {
  const { body } = document;
  addEventListener("message", ({ source, origin, data }) => {
    if (source !== parent || parent === window || data?.type !== "swapscope-size" || "sized" in body.dataset) {
      return;
    }
    body.dataset["sized"] = "";
    // What fills the frame does so no more.
    dispatchEvent(new Event("resize"));
    const tell = () => {
      const height = Math.ceil(body.getBoundingClientRect().height);
      // A page from a file has no origin that could be named.
      parent.postMessage({ type: "swapscope-size", height }, origin === "null" ? "*" : origin);
    };
    new ResizeObserver(tell).observe(body);
  });
}

function seen() {
  return new Promise((done) => {
    const observer = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) {
        observer.disconnect();
        done(null);
      }
    });
    observer.observe(need("title", HTMLElement));
  });
}

async function showBeforehand() {
  // The picture has all panels.
  const name = /panels=/.test(ADDRESS) ? "" : asBundled(ADDRESS);
  if (!name) {
    return;
  }
  const ahead = make("div", { class: "ahead" }, await picture(name));
  const { offsetTop, offsetHeight } = need("title", HTMLElement).parentElement ?? document.body;
  ahead.style.setProperty("top", `${offsetTop + offsetHeight}px`);
  document.body.append(ahead);
  need("progress", HTMLElement).textContent = "run beforehand; the program is on its way";
  standFor(() => ahead.remove());
}

async function start() {
  listenToParent();
  const { theme } = readSwitches(ADDRESS, []).switches;
  if (theme !== "auto") {
    document.documentElement.dataset["theme"] = theme;
  }
  await seen();
  await showBeforehand().catch(() => {});
  const script = make("script", { src: "embed.bundle.js" });
  script.addEventListener("error", () => {
    document.body.dataset["state"] = "error";
    alertWith("A part of this frame did not come. Reload the page when its server answers again.");
    void showFallback(need("alert", HTMLElement), ADDRESS);
  });
  document.head.append(script);
}

void start();
