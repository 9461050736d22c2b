// For pages that hold frames of swapscope, and only if they like: gives each frame the height of what is in it.
//
//   <script src="https://HOST/resize.js" async></script>
//
// It looks at frames whose address is the embed.html beside this script, asks them, and believes only them: an answer
// must come from the window of such a frame, and from its origin, or from none where the frame is sandboxed.

(() => {
  const script = /** @type {HTMLScriptElement} */ (document.currentScript);
  const embed = new URL("embed.html", script.src);
  const [LEAST, MOST] = [60, 20_000];

  const frames = () =>
    [...document.querySelectorAll("iframe")].filter((frame) => {
      const { origin, pathname } = new URL(frame.src || "about:blank", location.href);
      return origin === embed.origin && pathname === embed.pathname;
    });

  /** @param {HTMLIFrameElement} frame */
  const ask = (frame) => {
    const origin = frame.hasAttribute("sandbox") && !frame.sandbox.contains("allow-same-origin") ? "*" : embed.origin;
    frame.contentWindow?.postMessage({ type: "swapscope-size" }, origin);
  };

  addEventListener("message", ({ source, origin, data }) => {
    const frame = frames().find(({ contentWindow }) => contentWindow === source);
    const isOurs = frame && (origin === embed.origin || origin === "null") && data?.type === "swapscope-size";
    if (isOurs && Number.isInteger(data.height) && data.height >= LEAST && data.height <= MOST) {
      frame.style.aspectRatio = "auto";
      const border = frame.offsetHeight - frame.clientHeight;
      const isWithin = getComputedStyle(frame).boxSizing === "border-box";
      frame.style.height = `${data.height + (isWithin ? border : 0)}px`;
    }
  });
  // Frames that are there already, and those that come later: this event does not bubble, but it can be caught on its way.
  frames().forEach(ask);
  document.addEventListener("load", ({ target }) => frames().filter((frame) => frame === target).forEach(ask), true);
})();
