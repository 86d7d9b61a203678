"use strict";

// The page: its filters, its two tabs, its figures and cards, drawn again whenever a filter changes.
const PAGES = { happened: HAPPENED, ahead: AHEAD };
const PERIODS = [4, 12, 52].map((weeks) => [weeks * 7 / cube.period_days, `Last ${weeks} weeks`]).concat([[0, "All"]]);
const form = document.forms[0];
const filters = {};

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

const FIGURES = {
  happened() {
    const measures = ["revenue", "order_count", "units", "refunded_count"];
    const [now, before] = ofPeriods(matching(tables.sales, salesFilters()), filters.periods);
    const [visits, visitsBefore] = ofPeriods(tables.visits, filters.periods);
    const all = (rows, visited) => {
      const found = { ...sums(rows, measures), ...sums(visited, ["session_count", "purchase_sessions"]) };
      return {
        ...found, average: found.revenue === null ? null : found.revenue / found.order_count,
        refunds: found.refunded_count / (found.order_count + found.refunded_count), bought: found.purchase_sessions / found.session_count,
      };
    };
    const current = all(now, visits);
    const earlier = before && all(before, visitsBefore);
    return [
      ["revenue", "Revenue", money, 1], ["order_count", "Orders", number, 1], ["average", "Average order", (value) => money(value, filters.currency, 2), 1],
      ["units", "Pieces sold", number, 1], ["refunds", "Orders paid back", percent, -1], ["bought", "Visits that buy", percent, 1],
    ].filter(([name]) => name !== "bought" || !cube.hidden_tables.includes("visits"))
      .map(([name, title, show, good]) => ({ name, title, show, good, value: current[name], before: earlier?.[name] }));
  },
  ahead() {
    const rows = matching(tables.risk, riskFilters());
    const found = sums(rows, ["customer_count", "expected_churners", "value", "value_at_risk"]);
    const high = sums(rows.filter((row) => row.risk_band === "high"), ["customer_count"]).customer_count;
    const share = (part, whole) => (whole ? `${percent(part / whole)} of them` : "");
    const lapsed = sums(rows.filter((row) => row.segment === "lapsed"), ["value_at_risk"]).value_at_risk;
    const ofLapsed = lapsed && !filters.segment ? `, ${percent(lapsed / found.value_at_risk)} with the lapsed` : "";
    return [
      { name: "customer_count", title: "Customers", show: number, value: found.customer_count, note: `predicted on ${day(cube.prediction_date)}` },
      { name: "expected_churners", title: "Expected to leave", show: (value) => number(Math.round(value)), value: found.expected_churners, note: share(found.expected_churners, found.customer_count) },
      { name: "high_risk", title: "At high risk", show: number, value: IS_BASE_RATE ? NaN : high, note: IS_BASE_RATE ? "nobody is ranked: base rate" : share(high, found.customer_count) },
      { name: "value", title: "What they would spend", show: money, value: found.value, note: "until the window closes, if they all bought" },
      { name: "value_at_risk", title: "Value at risk", show: money, value: found.value_at_risk, note: share(found.value_at_risk, found.value).replace("them", "it") + ofLapsed },
    ];
  },
};

const time = () => form.elements.periods.selectedOptions[0].textContent.replace("Last ", "");

const LEADS = {
  happened([revenue, orders]) {
    const change = revenue.before ? revenue.value / revenue.before - 1 : 0;
    const compared = change ? `, ${percent(Math.abs(change))} ${change > 0 ? "more" : "less"} than in the ${time()} before` : "";
    const where = filters.periods ? `In the last ${time()}, ` : "Since the first sale, ";
    const brought = revenue.value === null ? "came, of amounts that are not known" : `brought ${money(revenue.value)}${compared}`;
    return orders.value ? `${where}${number(orders.value)} orders ${brought}.` : "";
  },
  ahead([customers, leaving, , , risk]) {
    if (!customers.value) return "";
    const [most] = riskBy("segment");
    const part = sums(matching(tables.risk, riskFilters()).filter((row) => row.segment === most.segment), ["value_at_risk"]).value_at_risk;
    const where = filters.segment ? "" : `, ${percent(part / risk.value)} of it with the ${most.segment} ones`;
    if (IS_BASE_RATE) return `Each of ${number(customers.value)} customers is given the base rate, a chance of leaving of ${percent(leaving.value / customers.value)}. ${NOT_RANKED}`;
    const atRisk = risk.value === null ? "what they would spend is not known" : `${money(risk.value)} are at risk${where}`;
    return `Of ${number(customers.value)} customers, ${number(Math.round(leaving.value))} are expected to leave: ${atRisk}.`;
  },
};

function changeNote({ value, before, good }) {
  if (!Number.isFinite(before) || !before || !Number.isFinite(value)) return element("dd", { className: "note" }, filters.periods ? "nothing to compare with" : "");
  const change = value / before - 1;
  const tone = Math.abs(change) < 0.0005 ? "" : change * good > 0 ? "good" : "bad";
  const arrow = change > 0 ? "▲" : "▼";
  return element("dd", { className: "note" }, element("b", { className: tone }, tone ? `${arrow} ${percent(Math.abs(change))}` : "unchanged"), ` on the ${time()} before`);
}

function drawFigures(page) {
  const figures = FIGURES[page]();
  document.querySelector(`#${page} .figures`).replaceChildren(...figures.map((figure) => {
    const value = element("dd", { className: "value" }, Number.isFinite(figure.value) ? figure.show(figure.value) : "–");
    value.dataset.figure = figure.name;
    const note = "note" in figure ? element("dd", { className: "note" }, figure.note) : changeNote(figure);
    return element("div", {}, element("dt", {}, figure.title), value, note);
  }));
  document.querySelector(`#${page} .lead`).textContent = LEADS[page](figures);
}

function makeCard(card, page) {
  const made = document.getElementById("card").content.firstElementChild.cloneNode(true);
  made.id = card.id;
  made.classList.toggle("wide", Boolean(card.wide));
  made.querySelector("h3").textContent = card.title;
  made.querySelector(".chart").setAttribute("aria-label", `Chart: ${card.title}. The same stands in the table below it.`);
  made.querySelector(".scroll").setAttribute("aria-label", card.title);
  if (!card.spec) {
    made.querySelector(".content").replaceChildren(made.querySelector(".scroll"));
    if (card.first) made.querySelector(".content").append(element("button", { type: "button", className: "more", onclick: () => showAll(card) }));
    if (card.file) made.querySelector(".content").append(element("button", { type: "button", className: "save", onclick: () => saveRows(card) }, "Download as CSV"));
  }
  document.querySelector(`#${page} .cards`).append(made);
}

function showAll(card) {
  card.first = Infinity;
  drawCard(card);
  document.querySelector(`#${card.id} .scroll`).focus();
}

function saveRows(card) {
  save(`${card.file}-${cube.prediction_date}.csv`, csvOf(card.rows(), Object.keys(card.rows()[0])));
}

async function drawCard(card) {
  const made = document.getElementById(card.id);
  const rows = card.rows();
  made.querySelector(".about").textContent = card.about();
  const reason = rows.length === 0 ? card.empty : isKnown(card, rows) ? "" : "No amount of these is known.";
  made.querySelector(".empty").textContent = reason;
  made.querySelector(".empty").hidden = !reason;
  made.querySelector(".content").hidden = Boolean(reason);
  fillTable(made.querySelector("table"), (card.table ?? card.rows)().slice(0, card.first), card.columns);
  const more = made.querySelector(".more");
  if (more) [more.hidden, more.textContent] = [rows.length <= card.first, `Show all ${number(rows.length)}`];
  if (card.spec && !reason) await drawChart(card, made.querySelector(".chart"), rows);
}

/** Whether rows say anything that the card's chart, if it has one, measures: an amount may not be known. */
function isKnown(card, rows) {
  const channels = card.spec ? [card.spec, ...(card.spec.layer ?? [])].flatMap((part) => Object.values(part.encoding ?? {})) : [];
  const found = channels.filter(({ type, field }) => type === "quantitative" && field in rows[0]).map(({ field }) => field);
  return !found.length || rows.some((row) => found.some((name) => row[name] !== null));
}

/** What a mark says when it is pointed at: what its row says in the table. */
function tip(card, row) {
  return card.columns.filter(([name]) => name in row).map(([name, title, show = String]) => `${title}: ${show(row[name])}`).join("\n");
}

async function drawChart(card, place, found) {
  // Rows that come later are not parsed by Vega-Lite, so days go in as times.
  const rows = found.map((row) => ({ ...row, tip: tip(card, row), ...(card.date && { [card.date]: Date.parse(row[card.date]) }) }));
  const height = card.each ? new Set(rows.map((row) => row[card.each])).size * (card.step ?? 30) : card.spec.height;
  if (card.view) {
    await card.view.height(height).data("rows", rows).resize().runAsync();
    return;
  }
  const spec = { ...card.spec, encoding: { ...card.spec.encoding, tooltip: { field: "tip", type: "nominal" } }, width: "container", height, data: { name: "rows", values: rows }, config: CONFIG };
  const made = await vegaEmbed(place, spec, { ast: true, renderer: "svg", actions: false, tooltip: TOOLTIP });
  card.view = made.view;
}

async function draw() {
  delete document.body.dataset.drawn;
  for (const select of form.querySelectorAll("select")) {
    filters[select.name] = select.name === "periods" ? Number(select.value) : select.value;
  }
  const pages = Object.keys(PAGES);
  pages.forEach(drawFigures);
  await Promise.all(pages.flatMap((page) => PAGES[page].map(drawCard)));
  document.body.dataset.drawn = "true";
}

function fillFilters() {
  const options = (select, values) => form.elements[select].replaceChildren(...values.map(([value, text, selected]) => new Option(text, value, selected, selected)));
  const longest = Math.max(0, ...tables.sales.map((row) => row.period + 1));
  const usual = longest >= PERIODS[1][0] ? PERIODS[1][0] : 0;
  options("periods", PERIODS.filter(([count]) => count < Math.max(longest, 1)).map(([count, text]) => [count, text, count === usual]));
  for (const [name, every] of [["product_category", "All categories"], ["channel", "All channels"], ["segment", "All segments"]]) {
    options(name, [["", every, true], ...namesOf(name).map((value) => [value, words(value)])]);
  }
  const currencies = namesOf("currency");
  options("currency", currencies.map((value, place) => [value, value, place === 0]));
  form.elements.currency.parentElement.hidden = currencies.length < 2;
}

function showPage(page) {
  for (const name of Object.keys(PAGES)) {
    const tab = document.getElementById(`tab-${name}`);
    document.getElementById(name).hidden = name !== page;
    tab.setAttribute("aria-selected", name === page);
    tab.tabIndex = name === page ? 0 : -1;
  }
  for (const label of form.querySelectorAll("[data-page]")) label.hidden = label.dataset.page !== page;
}

function showFreshness() {
  const late = freshnessRows().filter((row) => row.state !== "up to date").map((row) => row.source);
  const link = document.getElementById("fresh");
  link.textContent = late.length ? `Not up to date: ${late.join(", ")}` : "All data up to date";
  link.className = `state ${late.length ? "late" : "up-to-date"}`;
  link.addEventListener("click", () => showPage("happened"));
}

for (const tab of document.querySelectorAll("[role=tab]")) {
  tab.addEventListener("click", () => showPage(tab.getAttribute("aria-controls")));
  tab.addEventListener("keydown", (event) => {
    if (!["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) return;
    event.preventDefault();
    const tabs = [...document.querySelectorAll("[role=tab]")];
    const other = { Home: tabs[0], End: tabs.at(-1) }[event.key] ?? tabs.find((one) => one !== tab);
    showPage(other.getAttribute("aria-controls"));
    other.focus();
  });
}
for (const time of document.querySelectorAll("time")) time.textContent = day(time.dateTime);
for (const cards of Object.values(PAGES)) cards.splice(0, cards.length, ...cards.filter((card) => !cube.hidden_tables.includes(card.of)));
for (const [page, cards] of Object.entries(PAGES)) for (const card of cards) makeCard(card, page);
fillFilters();
showFreshness();
form.addEventListener("change", draw);
form.elements.clear.addEventListener("click", () => { form.reset(); draw(); });
draw();
