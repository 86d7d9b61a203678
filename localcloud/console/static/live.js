// While a run is active: listens to its events, replaces each part marked data-live by its newer state, and
// appends the new lines of a log.
"use strict";

const { events } = document.currentScript.dataset;
const stale = document.getElementById("stale");
const PAUSE = 2000;
let fetching = false;
let wanted = false;

function replace(old, fresh) {
  if (!fresh) return;
  for (const open of old.querySelectorAll("details[id][open]")) {
    fresh.querySelector(`#${CSS.escape(open.id)}`)?.setAttribute("open", "");
  }
  if (old.isEqualNode(fresh)) return;
  const places = [...old.querySelectorAll(".scroll[id]")].map((box) => [box.id, box.scrollTop]);
  const held = old.contains(document.activeElement) ? document.activeElement.id : "";
  old.replaceWith(fresh);
  for (const [id, top] of places) document.getElementById(id)?.scrollTo(0, top);
  if (held) document.getElementById(held)?.focus({ preventScroll: true });
}

async function refresh() {
  wanted = true;
  if (fetching || document.hidden) return;
  fetching = true;
  while (wanted) {
    wanted = false;
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      stale.hidden = answer.ok;
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const old of document.querySelectorAll("[data-live]")) replace(old, page.getElementById(old.id));
      }
    } catch (error) {
      stale.hidden = false;
      console.warn(error);
    }
  }
  fetching = false;
}

function add(html) {
  const list = document.getElementById("lines");
  const box = list.parentElement;
  const isAtEnd = box.scrollTop + box.clientHeight >= box.scrollHeight - 4;
  const holder = document.createElement("template");
  holder.innerHTML = html;
  list.append(holder.content);
  while (list.children.length > Number(list.dataset.most)) list.firstElementChild.remove();
  if (isAtEnd) box.scrollTop = box.scrollHeight;
}

function listen(address) {
  const source = new EventSource(address);
  let last = "";
  source.addEventListener("open", () => { stale.hidden = true; });
  source.addEventListener("changed", refresh);
  source.addEventListener("lines", (told) => {
    last = told.lastEventId;
    add(JSON.parse(told.data));
  });
  source.addEventListener("end", () => {
    source.close();
    refresh();
  });
  source.addEventListener("error", () => {
    stale.hidden = false;
    if (source.readyState !== EventSource.CLOSED) return; // it reconnects by itself
    const next = new URL(address, location.href);
    if (last) next.searchParams.set("from", last);
    setTimeout(listen, PAUSE, next.href);
  });
}

document.addEventListener("visibilitychange", () => { if (wanted && !document.hidden) refresh(); });
listen(events);
