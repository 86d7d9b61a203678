// Opens a log at the line that says why its step failed, or at its end.
"use strict";

const lines = document.getElementById("lines");
const frame = lines.parentElement;
const cause = document.getElementById("cause");
frame.scrollTop = cause
  ? cause.offsetTop - frame.offsetTop - frame.clientHeight / 2
  : frame.scrollHeight;
