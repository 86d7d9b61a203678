// The page: its tabs, filters, figures and cards, redrawn whenever the address changes.
const EVERY_PAGE = {
  sales: { cards: SALES, figures: salesFigures, lead: salesLead },
  risk: { cards: RISK, figures: riskFigures, lead: riskLead },
  results: { cards: RESULTS, figures: () => [], lead: resultsLead },
  startups: { cards: STARTUPS, figures: startupFigures, lead: () => "" },
};
const PAGES = Object.fromEntries(Object.entries(EVERY_PAGE).filter(([name]) => document.getElementById(name)));
const FILTER_NAMES = [["product_category", "All categories"], ["channel", "All channels"], ["segment", "All segments"]];

// Vega warns about a line without points, such as that of a previous period that is not known.
const ERRORS_ONLY = 1;
const TOOLTIP = { disableDefaultStyle: true, offsetX: 14, offsetY: 14 };
const CONFIG = {
  background: null, font: "system-ui, sans-serif", aria: false, padding: 4, view: { stroke: null },
  mark: { aria: false }, text: { color: "var(--text)" },
  axis: {
    labelColor: "var(--quiet)", titleColor: "var(--quiet)", gridColor: "var(--line)", domainColor: "var(--line)",
    tickColor: "var(--line)", labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal", labelPadding: 6,
  },
  axisY: { domain: false, ticks: false },
  legend: { labelColor: "var(--text)", titleColor: "var(--quiet)", labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal", symbolType: "circle" },
};

/** How a figure changed from the previous period; a share changes by percentage points. */
function changeNote({ value, before, good, isShare }) {
  if (!Number.isFinite(before) || !Number.isFinite(value) || !(before || isShare)) return "no earlier period to compare with";
  const change = isShare ? value - before : value / before - 1;
  if (Math.abs(change) < 0.0005) return `unchanged vs previous ${span()}`;
  const size = isShare ? `${decimal(Math.abs(100 * change))} percentage points` : percent(Math.abs(change));
  const mark = element("b", { className: change * good > 0 ? "good" : "bad" }, `${change > 0 ? "▲" : "▼"} ${size}`);
  return [mark, ` vs previous ${span()}`];
}

function figureBox(figure) {
  const isKnown = figure.value !== null && Number.isFinite(figure.value);
  const value = element("dd", { className: "value" }, isKnown ? figure.show(figure.value) : UNKNOWN);
  value.dataset.figure = figure.name;
  const notes = [figure.more?.length ? `and ${listed(figure.more)}` : "", "before" in figure ? changeNote(figure) : "", figure.about];
  const lines = notes.filter((note) => note.length).map((note) => element("dd", { className: "note" }, ...[note].flat()));
  return element("div", {}, element("dt", {}, figure.title), value, ...lines);
}

function drawFigures(page) {
  const figures = PAGES[page].figures();
  document.querySelector(`#${page} .figures`).replaceChildren(...figures.map(figureBox));
  document.querySelector(`#${page} .lead`).textContent = PAGES[page].lead(figures);
}

const titleOf = (card) => (typeof card.title === "function" ? card.title() : card.title);

function makeCard(card, page) {
  const made = document.getElementById("card").content.firstElementChild.cloneNode(true);
  made.id = card.id;
  made.classList.toggle("wide", Boolean(card.wide));
  made.classList.toggle("list", !card.spec);
  const saving = element("button", { type: "button", className: "save", onclick: () => saveRows(card) }, "Download CSV");
  if (card.spec) made.querySelector("details").append(saving);
  else {
    made.querySelector(".content").replaceChildren(made.querySelector(".scroll"));
    const more = element("button", { type: "button", className: "more", onclick: () => showAll(card) });
    made.querySelector(".content").append(element("div", { className: "buttons" }, ...(card.first ? [more] : []), saving));
  }
  document.querySelector(`#${page} .cards`).append(made);
}

function showAll(card) {
  card.first = Infinity;
  drawCard(card);
  document.querySelector(`#${card.id} .scroll`).focus();
}

/** Save all rows of a card's table, with unformatted values and the currency of amounts. */
function saveRows(card) {
  const rows = (card.table ?? card.rows)();
  const names = card.saved ?? [...card.columns.map(([name]) => name), ...("currency" in rows[0] ? ["currency"] : [])];
  save(`${card.id}-${cube.as_of}.csv`, csvOf(rows, [...new Set(names)]));
}

async function drawCard(card) {
  const made = document.getElementById(card.id);
  const rows = card.rows();
  made.querySelector("h3").textContent = titleOf(card);
  made.querySelector(".about").textContent = card.about();
  made.querySelector(".chart")?.setAttribute("aria-label", `Chart: ${titleOf(card)}. The table below it has the same values.`);
  made.querySelector(".scroll").setAttribute("aria-label", titleOf(card));
  const reason = rows.length === 0 ? card.empty : saysSomething(card, rows) ? "" : "These amounts are not known.";
  made.querySelector(".empty").textContent = reason;
  made.querySelector(".empty").hidden = !reason;
  made.querySelector(".content").hidden = Boolean(reason);
  fillTable(made.querySelector("table"), (card.table ?? card.rows)().slice(0, card.first), card.columns, card.drill);
  const more = made.querySelector(".more");
  if (more) [more.hidden, more.textContent] = [rows.length <= card.first, `Show all ${number(rows.length)}`];
  if (card.spec && !reason) await drawChart(card, made.querySelector(".chart"), rows);
}

/** Whether any row has a value that the card's chart, if it has one, measures: an amount may not be known. */
function saysSomething(card, rows) {
  const channels = card.spec ? [card.spec, ...(card.spec.layer ?? [])].flatMap((part) => Object.values(part.encoding ?? {})) : [];
  const measured = channels.filter(({ type, field }) => type === "quantitative" && field in rows[0]).map(({ field }) => field);
  return !measured.length || rows.some((row) => measured.some((name) => row[name] !== null));
}

/** The tooltip of a mark: the values of its row in the table. */
function tip(card, row) {
  return card.columns.filter(([name]) => name in row).map(([name, title, show = String]) => `${title}: ${show(row[name], row)}`).join("\n");
}

async function drawChart(card, place, found) {
  // Vega-Lite does not parse rows that are set later, so days are passed as timestamps.
  const rows = found.map((row) => ({ ...row, tip: tip(card, row), ...(card.date && { [card.date]: Date.parse(row[card.date]) }) }));
  const height = card.each ? new Set(rows.map((row) => row[card.each])).size * (card.step ?? 30) : card.spec.height;
  if (card.view) {
    await card.view.height(height).data("rows", rows).resize().runAsync();
    return;
  }
  const spec = { ...card.spec, encoding: { ...card.spec.encoding, tooltip: { field: "tip", type: "nominal" } }, width: "container", height, data: { name: "rows", values: rows }, config: CONFIG };
  const made = await vegaEmbed(place, spec, { ast: true, renderer: "svg", actions: false, tooltip: TOOLTIP, logLevel: ERRORS_ONLY });
  card.view = made.view;
  if (!card.drill) return;
  place.classList.add("drills");
  card.view.addEventListener("click", (_, item) => item?.datum?.tip && drill(card.drill(item.datum)));
}

async function draw() {
  delete document.body.dataset.drawn;
  const pages = Object.keys(PAGES);
  pages.forEach(drawFigures);
  await Promise.all(pages.flatMap((page) => PAGES[page].cards.map(drawCard)));
  document.body.dataset.drawn = "true";
}

function fillFilters() {
  const options = (select, values) => form.elements[select].replaceChildren(...values.map(([value, text]) => new Option(text, value)));
  options("weeks", [...WEEKS.map((weeks) => [weeks, `Last ${weeks} weeks`]), ["all", "All dates"], ["", "Custom dates"]]);
  for (const [name, every] of FILTER_NAMES) {
    options(name, [["", every], ...namesOf(name).map((value) => [value, words(value)])]);
    form.elements[name].parentElement.classList.toggle("off", ABSENT.includes(name));
  }
  options("risk_band", [["", "All risks"], ...BANDS.map((band) => [band, `${band} risk`])]);
  options("currency", [["", "All currencies"], ...CURRENCIES.map((value) => [value, value])]);
  form.elements.currency.parentElement.classList.toggle("off", CURRENCIES.length < 2);
  for (const name of ["from", "to"]) [form.elements[name].min, form.elements[name].max] = [FIRST_DAY, LAST_DAY];
}

function showFilters() {
  const range = chosenRange();
  for (const name of Object.keys(DEFAULTS)) if (name !== "page") form.elements[name].value = filters[name];
  if (PERIOD_COUNT) [form.elements.from.value, form.elements.to.value] = [range.from, range.to];
  const labels = [...form.querySelectorAll("[data-pages]")];
  for (const label of labels) label.hidden = !label.dataset.pages.split(" ").includes(filters.page) || label.classList.contains("off");
  form.hidden = labels.every((label) => label.hidden);
}

function showPage() {
  for (const name of Object.keys(PAGES)) {
    const tab = document.getElementById(`tab-${name}`);
    document.getElementById(name).hidden = name !== filters.page;
    tab.setAttribute("aria-selected", name === filters.page);
    tab.tabIndex = name === filters.page ? 0 : -1;
  }
}

/** Show the view in the address. */
function show() {
  readAddress();
  showFilters();
  showPage();
  draw();
}

/** Filter by a bar and, if it is one of customers, go to the list that they are in. */
function drill(changes) {
  document.getElementById("vg-tooltip-element")?.classList.remove("visible");
  go(changes);
  if (filters.page !== "risk") return;
  const list = document.getElementById(filters.segment === "lapsed" ? "lapsed" : "calls");
  list.scrollIntoView();
  list.querySelector("h3").focus({ preventScroll: true });
}

function showFreshness() {
  const late = freshnessRows().filter((row) => row.state !== "up to date").map((row) => row.source);
  const link = document.getElementById("fresh");
  link.textContent = late.length ? `Not up to date: ${late.join(", ")}` : "All data up to date";
  link.className = `state ${late.length ? "late" : "up-to-date"}`;
  link.addEventListener("click", (event) => {
    event.preventDefault();
    go({ page: "sales" });
    document.getElementById("freshness").scrollIntoView();
  });
}

const tabs = [...document.querySelectorAll("[role=tab]")];
for (const tab of tabs) {
  tab.addEventListener("click", () => go({ page: tab.getAttribute("aria-controls") }));
  tab.addEventListener("keydown", (event) => {
    if (!["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) return;
    event.preventDefault();
    const place = tabs.indexOf(tab);
    const other = { Home: 0, End: tabs.length - 1, ArrowLeft: place - 1, ArrowRight: place + 1 }[event.key];
    tabs.at(other % tabs.length).click();
    tabs.at(other % tabs.length).focus();
  });
}

form.addEventListener("change", ({ target }) => {
  if (target.type !== "date") go({ [target.name]: target.value, ...(target.name === "weeks" && !target.value ? datesShown() : {}) });
  else if (target.validity.valid && target.value) go({ weeks: "", ...datesShown() });
});
const datesShown = () => ({ from: form.elements.from.value, to: form.elements.to.value });
form.elements.clear.addEventListener("click", () => go({ ...DEFAULTS, page: filters.page }));
addEventListener("popstate", show);

for (const time of document.querySelectorAll("time")) time.textContent = day(time.dateTime);
for (const page of Object.values(PAGES)) {
  page.cards = page.cards.filter((card) => !cube.hidden_tables.includes(card.of) && !ABSENT.includes(card.each));
  for (const card of page.cards) card.columns = card.columns.filter(([name]) => !ABSENT.includes(name));
}
for (const [name, page] of Object.entries(PAGES)) for (const card of page.cards) makeCard(card, name);
fillFilters();
showFreshness();
show();
