// The forecast: expected churn, the value at risk, and whom to contact.
// Where the base rate is served, every customer has the band "unknown", and no customer is ranked.
const IS_BASE_RATE = tables.risk.length > 0 && tables.risk.every((row) => row.risk_band === "unknown");
const BANDS = IS_BASE_RATE ? ["unknown"] : ["high", "medium", "low"];
const NOT_RANKED = "No customer is ranked: the model is no better than chance, so every customer gets the base rate. More customers, a longer history or another horizon_days may help; the run's warning gives the reason.";
const HORIZON = tables.risk[0]?.horizon_days ?? null;
const WINDOW_END = HORIZON && shifted(cube.prediction_date, HORIZON - 1);

const SEGMENTS = LAPSED_AFTER && `Lapsed: no purchase for more than ${LAPSED_AFTER} days. Of the others, new: first purchase in the last ${LAPSED_AFTER} days; lapsing: none for more than ${Math.floor(LAPSED_AFTER / 2)} days; regular: the rest.`;
const UNLISTED = CURRENCIES.length > 1 ? " Customers who pay in several currencies have no amounts and are not listed." : "";
const AT_RISK = "What customers would spend if they bought, times their churn probability.";

function riskBy(column, currency = moneyCurrency()) {
  const measures = ["value_at_risk", "value", "customer_count", "expected_churners"];
  const rows = summed(matching(tables.risk, { ...riskFilters(), currency }), [column, "risk_band"], measures);
  const whole = new Map(summed(rows, [column], ["value_at_risk"]).map((row) => [row[column], row.value_at_risk]));
  const isLapsed = (row) => column === "segment" && row.segment === "lapsed";
  return rows.map((row) => ({ ...row, currency })).sort((a, b) => isLapsed(a) - isLapsed(b)
    || whole.get(b[column]) - whole.get(a[column]) || BANDS.indexOf(a.risk_band) - BANDS.indexOf(b.risk_band));
}

const riskBars = (column, measure, axis) => ({
  mark: { type: "bar", height: { band: 0.66 } },
  encoding: {
    y: { field: column, type: "nominal", sort: null, axis: nameAxis },
    x: { field: measure, type: "quantitative", axis },
    order: { field: "order", type: "quantitative" },
    color: {
      field: "risk_band", type: "nominal", legend: { ...legend, labelExpr: "datum.label + ' risk'" },
      scale: { domain: BANDS, range: IS_BASE_RATE ? ["var(--quiet)"] : ["var(--vermillion)", "var(--orange)", "var(--sky)"] },
    },
  },
  transform: [{ calculate: "indexof(['high', 'medium', 'low'], datum.risk_band)", as: "order" }],
});

const countColumns = (column, name) => [
  [column, name, words], ["risk_band", "Risk"], ["customer_count", "Customers", number], ["expected_churners", "Expected churners", decimal],
];

const riskCard = (id, title, column, name) => ({
  id, each: column, title, rows: () => riskBy(column), spec: riskBars(column, "value_at_risk", moneyAxis),
  columns: [...countColumns(column, name), ["value", "Spend without churn", ofRow], ["value_at_risk", "Value at risk", ofRow]],
  about: () => `${AT_RISK}${inCurrency()} Click a bar for its customers.`, empty: "No predictions match these filters.",
  drill: (row) => ({ page: "risk", [column]: row[column], risk_band: IS_BASE_RATE ? "" : row.risk_band }),
});

/** How many of the filtered customers are in a list: lists are cut off, bars are not. */
function listedOf(rows, isLapsed) {
  const customers = matching(tables.risk, riskFilters()).filter((row) => (row.segment === "lapsed") === isLapsed);
  return `${number(matching(rows, riskFilters()).length)} of ${counted(sum(customers, "customer_count"), "customer")} listed.`;
}

const listCard = (id, title, rows, about, empty) => ({
  id, wide: true, title, rows: () => matching(rows, riskFilters()), first: 15, saved: rows.length ? Object.keys(rows[0]) : [],
  about: () => `${about} ${listedOf(rows, id === "lapsed")}${UNLISTED} Reasons compare with a typical customer of this shop. Customers are shown by pseudonym: python -m audience --with-ids writes your own ids.`,
  empty: IS_BASE_RATE ? NOT_RANKED : empty,
  columns: [
    ["call_rank", "Rank", number], ["customer_key", "Customer"], ["keepable_value", "Keepable value", ofRow],
    ["expected_loss", "Expected loss", ofRow], ["churn_probability", "Churn probability", chanceBar], ["segment", "Segment", words],
    ["days_since_last_purchase", "Days since purchase", number], ["product_category", "Category", words],
    ["channel", "Channel", words], ["reasons", "Reasons", reasonLines],
  ],
});

const RISK = [
  { ...riskCard("segments", "Value at risk by segment", "segment", "Segment"), about: () => [SEGMENTS || AT_RISK, inCurrency()].join("") },
  {
    ...riskCard("bands", "Customers by segment and risk", "segment", "Segment"), rows: () => riskBy("segment", filters.currency),
    about: () => "Number of customers. Click a bar for its customers.",
    columns: countColumns("segment", "Segment"), spec: riskBars("segment", "customer_count", countAxis),
  },
  riskCard("risk-categories", "Value at risk by preferred category", "product_category", "Category"),
  riskCard("risk-channels", "Value at risk by preferred channel", "channel", "Channel"),
  listCard("calls", "Customers to contact first", tables.calls,
    `Ranked by keepable value, the part of the expected loss that can still be saved: expected loss × (1 − churn probability)${CURRENCIES.length > 1 ? ", relative to the mean value of a customer in the currency" : ""}. Excludes lapsed customers, who are listed below, and customers of running campaigns.`,
    "No customers to contact match these filters."),
  listCard("lapsed", "Lapsed customers to win back", tables.lapsed,
    `${LAPSED_AFTER ? `No purchase for more than ${LAPSED_AFTER} days. ` : ""}Ranked in the same way.`,
    "No lapsed customers match these filters."),
];

const through = () => (WINDOW_END ? `no purchase from ${day(cube.prediction_date)} through ${day(WINDOW_END)}` : "");

function riskFigures() {
  const rows = matching(tables.risk, riskFilters());
  const found = sums(rows, ["customer_count", "expected_churners"]);
  const lapsed = sums(matching(rows, { segment: "lapsed" }), ["customer_count", "expected_churners"]);
  const high = sum(matching(rows, { risk_band: "high" }), "customer_count");
  const inMoney = sums(matching(rows, { currency: moneyCurrency() }), ["value", "value_at_risk"]);
  const share = (part, whole, of) => (whole ? `${percent(part / whole)} of ${of}` : "");
  const amount = (value) => money(value, moneyCurrency());
  const withLapsed = sum(matching(rows, { segment: "lapsed", currency: moneyCurrency() }), "value_at_risk");
  const ofLapsed = withLapsed && !filters.segment ? `; ${share(withLapsed, inMoney.value_at_risk, "it")} from lapsed customers` : "";
  return [
    { name: "customer_count", title: "Customers", show: number, value: found.customer_count, about: `scored on ${day(cube.prediction_date)}; ${rounded(lapsed.customer_count)} of them lapsed` },
    { name: "expected_churners", title: "Expected churners", show: rounded, value: found.expected_churners, lapsed: Math.round(lapsed.expected_churners), about: [share(found.expected_churners, found.customer_count, "customers"), through()].filter(Boolean).join(": ") },
    { name: "high_risk", title: "At high risk", show: number, value: IS_BASE_RATE ? NaN : high, about: IS_BASE_RATE ? "no ranking: base rate" : [share(high, found.customer_count, "customers"), `churn probability of ${percent(cube.high_risk)} or more`].filter(Boolean).join("; ") },
    { name: "value", title: "Spend without churn", show: amount, value: inMoney.value, more: amountsOf(rows, "value").slice(1), about: WINDOW_END ? `expected through ${day(WINDOW_END)} if no one churns` : "" },
    { name: "value_at_risk", title: "Value at risk", show: amount, value: inMoney.value_at_risk, more: amountsOf(rows, "value_at_risk").slice(1), about: inMoney.value_at_risk === null ? "" : `${share(inMoney.value_at_risk, inMoney.value, "that spend")}: spend times churn probability${ofLapsed}` },
  ];
}

function riskLead([customers, leaving, , , risk]) {
  if (!customers.value) return "";
  if (IS_BASE_RATE) return `Each of ${counted(customers.value, "customer")} gets the base rate, a churn probability of ${percent(leaving.value / customers.value)}. ${NOT_RANKED}`;
  const count = Math.round(leaving.value);
  const lapsed = leaving.lapsed && filters.segment !== "lapsed" ? `, ${rounded(leaving.lapsed)} of whom have already lapsed` : "";
  const atRisk = risk.value === null ? "The value at risk is not known." : `Value at risk: ${listed([risk.show(risk.value), ...risk.more])}.`;
  return `Of ${counted(customers.value, "customer")}, ${number(count)} ${count === 1 ? "is" : "are"} expected to churn${lapsed}. ${atRisk}`;
}
