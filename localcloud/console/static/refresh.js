// While a run goes on, puts the newer state of each part marked data-live in its place.
"use strict";

const PAUSE = 1000;

function replace(old, fresh) {
  if (!fresh || old.isEqualNode(fresh)) return;
  const held = old.contains(document.activeElement) ? document.activeElement.id : "";
  old.replaceWith(fresh);
  if (held) document.getElementById(held)?.focus({ preventScroll: true });
}

async function refresh() {
  const began = performance.now();
  let going = true;
  let answered = false;
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (answer.ok) {
      answered = true;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const old of document.querySelectorAll("[data-live]")) replace(old, page.getElementById(old.id));
      going = page.querySelector("script[src='/static/refresh.js']") !== null;
    }
  } catch (error) {
    console.warn(error);
  }
  document.getElementById("stale").hidden = answered;
  // A server that is slow, or a page that nobody looks at, is asked less often.
  if (going) setTimeout(refresh, Math.max(document.hidden ? 10 * PAUSE : PAUSE, 10 * (performance.now() - began)));
}

setTimeout(refresh, PAUSE);
