// The cube as rows, and the few ways in which charts and figures query it.
/** The value of a base64 text that holds gzipped JSON. */
async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
}

function asRows(columns) {
  const named = Object.entries(columns).map(([name, column]) => [
    name, column.texts ? column.rows.map((place) => column.texts[place]) : column,
  ]);
  const count = named.length ? named[0][1].length : 0;
  return Array.from({ length: count }, (_, row) => Object.fromEntries(named.map(([name, values]) => [name, values[row]])));
}

const cube = JSON.parse(document.getElementById("data").textContent);
const sales = await unpacked(document.getElementById("packed-sales").textContent);
const tables = Object.fromEntries(Object.entries({ ...cube.tables, sales }).map(([name, columns]) => [name, asRows(columns)]));

/** The rows with the wanted values; an empty value matches every row. */
function matching(rows, wanted) {
  const wishes = Object.entries(wanted).filter(([, value]) => value !== "");
  return rows.filter((row) => wishes.every(([name, value]) => row[name] === value));
}

/** The sum of a measure over rows; null if there are rows but the measure is null in all of them. */
function sum(rows, measure) {
  return rows.reduce((found, row) => (row[measure] === null ? found : (found ?? 0) + row[measure]), rows.length ? null : 0);
}

const sums = (rows, measures) => Object.fromEntries(measures.map((measure) => [measure, sum(rows, measure)]));

/** The sums of measures over the rows, grouped by some columns. */
function summed(rows, by, measures) {
  const groups = Map.groupBy(rows, (row) => JSON.stringify(by.map((name) => row[name])));
  return [...groups.values()].map((group) => ({
    ...Object.fromEntries(by.map((name) => [name, group[0][name]])), ...sums(group, measures),
  }));
}

/** The distinct values of a column, those with the most orders first, "other" last. */
function namesOf(column) {
  const weights = summed(tables.sales, [column], ["order_count"]).sort((a, b) => b.order_count - a.order_count);
  const names = new Set([...weights, ...tables.risk].map((row) => row[column]));
  return [...names].filter((name) => name !== undefined).sort((a, b) => (a === "other") - (b === "other"));
}

/** The columns without any name, in a shop that has no categories or no channels: they get no chart and no filter. */
const ABSENT = ["product_category", "channel"].filter((column) => String(namesOf(column)) === "unknown");

const DAY = 86400000;
const LAST_DAY = shifted(cube.as_of, -1);
const PERIOD_COUNT = tables.sales.reduce((count, row) => Math.max(count, row.period + 1), 0);
const CURRENCIES = namesOf("currency").filter((currency) => currency !== "other");

/** A day shifted by a number of days, both as YYYY-MM-DD. */
function shifted(day, days) {
  return new Date(Date.parse(day) + days * DAY).toISOString().slice(0, 10);
}

/** The first day of a period; 0 is the period that ended the day before the dashboard's as-of date. */
const firstDay = (period) => shifted(cube.as_of, -(period + 1) * cube.period_days);
const periodOf = (day) => Math.floor((Date.parse(LAST_DAY) - Date.parse(day)) / DAY / cube.period_days);
