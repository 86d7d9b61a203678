// Shows what the query in the box would cost, a moment after it was last changed.
"use strict";

const PAUSE = 400;
const form = document.getElementById("question");
const box = form.elements.sql;
const said = document.getElementById("cost");
let waiting;
let asked = new AbortController();

async function tell() {
  asked.abort();
  asked = new AbortController();
  try {
    const answer = await fetch("/data/cost", {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      signal: asked.signal,
    });
    said.textContent = await answer.text();
    said.classList.toggle("wrong", !answer.ok);
  } catch (error) {
    if (error.name !== "AbortError") console.warn(error);
  }
}

box.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(tell, PAUSE);
});
box.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
if (box.value) tell();
