"use strict";

// The cube as rows, and the few ways in which charts and figures ask it.
const cube = JSON.parse(document.getElementById("data").textContent);

function unpack(columns) {
  const named = Object.entries(columns).map(([name, column]) => [
    name, column.texts ? column.rows.map((place) => column.texts[place]) : column,
  ]);
  const count = named.length ? named[0][1].length : 0;
  return Array.from({ length: count }, (_, row) => Object.fromEntries(named.map(([name, values]) => [name, values[row]])));
}

const tables = Object.fromEntries(Object.entries(cube.tables).map(([name, columns]) => [name, unpack(columns)]));

/** The rows that have what is wanted; an empty wish is none. */
function matching(rows, wanted) {
  const wishes = Object.entries(wanted).filter(([, value]) => value !== "");
  return rows.filter((row) => wishes.every(([name, value]) => row[name] === value));
}

/** The sums of measures over rows; null where rows are there and none knows a measure: that is no zero. */
function sums(rows, measures) {
  const total = (values, known) => (values.length && !known.length ? null : known.reduce((sum, value) => sum + value, 0));
  const sumOf = (values) => total(values, values.filter((value) => value !== null));
  return Object.fromEntries(measures.map((measure) => [measure, sumOf(rows.map((row) => row[measure]))]));
}

/** The rows summed up by the values of some columns. */
function summed(rows, by, measures) {
  const groups = Map.groupBy(rows, (row) => JSON.stringify(by.map((name) => row[name])));
  return [...groups.values()].map((group) => ({
    ...Object.fromEntries(by.map((name) => [name, group[0][name]])), ...sums(group, measures),
  }));
}

/** The distinct values of a column, the most frequent sales first, "other" last. */
function namesOf(column) {
  const weights = summed(tables.sales, [column], ["order_count"]).sort((a, b) => b.order_count - a.order_count);
  const names = new Set([...weights, ...tables.risk].map((row) => row[column]));
  return [...names].filter((name) => name !== undefined).sort((a, b) => (a === "other") - (b === "other"));
}

/** The rows of the chosen number of periods, and those of as many before; all of them have none before. */
function ofPeriods(rows, periods) {
  if (!periods) return [rows, null];
  const before = rows.filter((row) => row.period >= periods && row.period < 2 * periods);
  const reaches = tables.sales.some((row) => row.period >= 2 * periods - 1);
  return [rows.filter((row) => row.period < periods), reaches ? before : null];
}

/** The first day of a period, as YYYY-MM-DD; 0 is the period that ended the day before the dashboard's. */
function firstDay(period) {
  const day = new Date(`${cube.as_of}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() - (period + 1) * cube.period_days);
  return day.toISOString().slice(0, 10);
}

const number = new Intl.NumberFormat("en").format;
const decimal = new Intl.NumberFormat("en", { maximumFractionDigits: 1 }).format;
const percent = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 }).format;
const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const monthFormat = new Intl.DateTimeFormat("en-GB", { month: "short", year: "numeric", timeZone: "UTC" });
const day = (text) => (text ? dayFormat.format(new Date(`${text}T00:00:00Z`)) : "never");
const month = (text) => monthFormat.format(new Date(`${text}T00:00:00Z`));
const words = (name) => name.replaceAll("_", " ");
const titled = (name) => words(name).replace(/^./, (letter) => letter.toUpperCase());

/** An amount in whole units of a currency, a dash where it is not known; a currency without a sign shows its code. */
function money(amount, currency = filters.currency, digits = 0) {
  if (amount === null) return "–";
  if (!/^[A-Z]{3}$/.test(currency)) return `${number(Math.round(amount))} ${currency}`;
  const style = { style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat("en", style).format(amount);
}
