"use strict";

// The charts: what each shows, of which rows, and how Vega-Lite draws it. Colours are the style sheet's, so that
// they follow light, dark and print; they are told apart by the colour-blind (Okabe and Ito's set).
const PERIOD = { 1: "day", 7: "week", 28: "four weeks" }[cube.period_days];
// Where the base rate serves, every customer has the band "unknown", and nobody stands before another.
const IS_BASE_RATE = tables.risk.length > 0 && tables.risk.every((row) => row.risk_band === "unknown");
const BANDS = IS_BASE_RATE ? ["unknown"] : ["high", "medium", "low"];
const NOT_RANKED = "Nobody is ranked: the model is no better than chance, so every customer has the base rate. More customers, a longer history or another horizon_days may help; the run's warning says why.";
const STEPS = [
  ["session_count", "Visits"], ["product_view_sessions", "Saw a product"], ["add_to_cart_sessions", "Put it into the cart"],
  ["checkout_sessions", "Went to the checkout"], ["purchase_sessions", "Bought"],
];
const MOVES = [["new_customers", "New", 1], ["reactivated_customers", "Came back", 1], ["lapsed_customers", "Lapsed", -1]];

const chosen = (names) => Object.fromEntries(names.map((name) => [name, filters[name]]));
const salesFilters = () => chosen(["product_category", "channel", "currency"]);
const riskFilters = () => chosen(["segment", "product_category", "channel", "currency"]);
const inDollars = (amount) => money(amount, "USD");
const shareAxis = { format: ".0%", title: null };
const moneyAxis = { labelExpr: "datum.value === 0 ? '0' : format(datum.value, '~s')", title: null, tickCount: 5 };
const nameAxis = { title: null, labelLimit: 150, domain: false, ticks: false };
// Over two or three days Vega marks their noons too, which have no name.
const dateAxis = { title: null, labelExpr: "utchours(datum.value) ? '' : utcFormat(datum.value, '%-d %b %Y')", grid: false, tickCount: 7, tickMinStep: 86400000, labelOverlap: true, labelFlush: true };
const legend = { title: null, orient: "top" };
const NO_SALES = "No sale fits these filters.";

function revenueRows() {
  const [now, before] = ofPeriods(matching(tables.sales, salesFilters()), filters.periods);
  const length = filters.periods || Math.max(-1, ...now.map((row) => row.period)) + 1;
  const at = (rows, period) => sums(rows.filter((row) => row.period === period), ["revenue", "order_count"]);
  if (!now.length) return [];
  const byPeriod = Map.groupBy(now, (row) => row.period);
  const byPeriodBefore = Map.groupBy(before ?? [], (row) => row.period - length);
  return Array.from({ length }, (_, place) => length - 1 - place).map((period) => ({
    first_day: firstDay(period),
    ...at(byPeriod.get(period) ?? [], period),
    before: before && sums(byPeriodBefore.get(period) ?? [], ["revenue"]).revenue,
  }));
}

function revenueBy(column) {
  const [now, before] = ofPeriods(matching(tables.sales, salesFilters()), filters.periods);
  const earlier = before && new Map(summed(before, [column], ["revenue"]).map((row) => [row[column], row.revenue]));
  return summed(now, [column], ["revenue", "order_count"])
    .map((row) => ({ ...row, before: earlier && (earlier.has(row[column]) ? earlier.get(row[column]) : 0) }))
    .sort((a, b) => b.revenue - a.revenue);
}

function funnelRows() {
  const [now] = ofPeriods(tables.visits, filters.periods);
  const counts = sums(now, STEPS.map(([measure]) => measure));
  if (!counts.session_count) return [];
  return STEPS.map(([measure, step]) => {
    const share = counts[measure] / counts.session_count;
    return { step, count: counts[measure], share, text: `${percent(share)}  (${number(counts[measure])})` };
  });
}

const bars = (name, measure, format) => ({
  encoding: { y: { field: name, type: "nominal", sort: null, axis: nameAxis } },
  layer: [
    {
      mark: { type: "bar", color: "var(--blue)", cornerRadiusEnd: 3, height: { band: 0.66 } },
      encoding: { x: { field: measure, type: "quantitative", axis: format } },
    },
  ],
});

function revenueBars(column) {
  const spec = bars(column, "revenue", moneyAxis);
  spec.layer.push({
    transform: [{ filter: "datum.before !== null" }],
    mark: { type: "tick", color: "var(--text)", thickness: 2, height: { band: 0.9 } },
    encoding: { x: { field: "before", type: "quantitative" } },
  });
  return spec;
}

const revenueColumns = (column, title) => [
  [column, title, words], ["revenue", "Revenue", money], ["before", "The time before", (amount) => (amount === null ? "–" : money(amount))],
  ["order_count", "Orders", number],
];

const line = (field, colour, more = {}) => ({
  mark: { type: "line", color: `var(--${colour})`, strokeWidth: 2, interpolate: "monotone", ...more },
  encoding: { y: { field, type: "quantitative" } },
});

const HAPPENED = [
  {
    id: "revenue", wide: true, date: "first_day", title: `Revenue, every ${PERIOD}`, rows: revenueRows, empty: NO_SALES,
    about: () => (filters.periods ? "The dashed line is the time of the same length before." : "From the first sale on."),
    columns: [
      ["first_day", cube.period_days === 1 ? "Day" : "First day", day], ["revenue", "Revenue", money],
      ["before", "The time before", (amount) => (amount === null ? "–" : money(amount))], ["order_count", "Orders", number],
    ],
    spec: {
      height: 260,
      encoding: { x: { field: "first_day", type: "temporal", scale: { type: "utc" }, axis: dateAxis } },
      layer: [
        {
          mark: { type: "area", color: "var(--blue)", opacity: 0.14, interpolate: "monotone" },
          encoding: { y: { field: "revenue", type: "quantitative", axis: moneyAxis } },
        },
        line("before", "quiet", { strokeDash: [4, 4], strokeWidth: 1.5 }),
        line("revenue", "blue"),
        {
          params: [{ name: "near", select: { type: "point", on: "pointerover", clear: "pointerout" } }],
          mark: { type: "rule", opacity: 0, clip: true, strokeWidth: { expr: "width / length(data('rows'))" } },
        },
        {
          mark: { type: "point", filled: true, color: "var(--blue)", size: 70 },
          encoding: { y: { field: "revenue", type: "quantitative" }, opacity: { condition: { param: "near", empty: false, value: 1 }, value: 0 } },
        },
      ],
    },
  },
  {
    id: "categories", each: "product_category", title: "Revenue by category", rows: () => revenueBy("product_category"), empty: NO_SALES,
    about: () => (filters.periods ? "The upright marks are the time before." : ""),
    columns: revenueColumns("product_category", "Category"), spec: revenueBars("product_category"),
  },
  {
    id: "channels", each: "channel", title: "Revenue by channel", rows: () => revenueBy("channel"), empty: NO_SALES,
    about: () => (filters.periods ? "The upright marks are the time before." : ""),
    columns: revenueColumns("channel", "Channel"), spec: revenueBars("channel"),
  },
  {
    id: "customers", date: "month", title: "Customers who came and went, by month", empty: "No customer yet.",
    about: () => "All customers, whatever the filters. The last month may be unfinished.",
    rows: () => tables.customers.flatMap((row) => MOVES.map(([measure, move, sign]) => ({ ...row, move, count: sign * row[measure] }))),
    table: () => tables.customers,
    columns: [
      ["month", "Month", month], ...MOVES.map(([measure, move]) => [measure, move, number]), ["active_customers", "Bought in it", number],
    ],
    spec: {
      height: 260,
      layer: [
        {
          mark: { type: "bar", width: { band: 0.75 } },
          encoding: {
            x: { field: "month", type: "ordinal", timeUnit: "utcyearmonth", axis: { title: null, format: "%b %y", labelAngle: 0, labelOverlap: true, domain: false, ticks: false, grid: false } },
            y: { field: "count", type: "quantitative", axis: { title: null, tickCount: 6 } },
            color: {
              field: "move", type: "nominal", sort: null, legend,
              scale: { domain: MOVES.map(([, move]) => move), range: ["var(--blue)", "var(--sky)", "var(--vermillion)"] },
            },
          },
        },
        { data: { values: [{}] }, mark: { type: "rule", color: "var(--quiet)" }, encoding: { y: { datum: 0 } } },
      ],
    },
  },
  {
    id: "retention", date: "cohort_month", title: "Who came back, by month of the first purchase", empty: "No month has ended since the first sale.",
    about: () => "Of a month's new customers, the percentage who bought again so many months later; whatever the filters.",
    rows: () => tables.retention.filter((row) => row.months_since_first > 0).map((row) => ({ ...row, label: Math.round(100 * row.retention) })),
    table: () => tables.retention,
    columns: [
      ["cohort_month", "First bought in", month], ["months_since_first", "Months later", number],
      ["cohort_customers", "Customers", number], ["active_customers", "Bought", number], ["retention", "Share", percent],
    ],
    spec: {
      height: 260,
      encoding: {
        x: { field: "months_since_first", type: "ordinal", axis: { title: "Months later", labelAngle: 0, domain: false, ticks: false, grid: false } },
        y: { field: "cohort_month", type: "ordinal", timeUnit: "utcyearmonth", axis: { title: null, format: "%b %y", domain: false, ticks: false, grid: false } },
      },
      layer: [
        {
          mark: { type: "rect", color: "var(--blue)", cornerRadius: 2, width: { band: 0.94 }, height: { band: 0.9 } },
          encoding: { opacity: { field: "retention", type: "quantitative", legend: null, scale: { domain: [0, 0.6], range: [0.04, 0.5], clamp: true } } },
        },
        { mark: { type: "text", color: "var(--text)", fontSize: 11 }, encoding: { text: { field: "label", type: "quantitative" } } },
      ],
    },
  },
  {
    id: "funnel", of: "visits", each: "step", step: 44, title: "From visit to purchase", rows: funnelRows, empty: "No visit in this time.",
    about: () => "Share of visits that came to each step; all categories and channels.",
    columns: [["step", "Step"], ["count", "Visits", number], ["share", "Share", percent]],
    spec: {
      encoding: { y: { field: "step", type: "nominal", sort: null, axis: { ...nameAxis, labels: false } } },
      layer: [
        {
          mark: { type: "bar", color: "var(--blue)", cornerRadiusEnd: 3, height: 16, yOffset: 9 },
          encoding: { x: { field: "share", type: "quantitative", axis: null, scale: { domain: [0, 1] } } },
        },
        { mark: { type: "text", align: "left", dy: -9, fontSize: 12.5 }, encoding: { x: { datum: 0 }, text: { field: "step" } } },
        { mark: { type: "text", align: "right", dy: -9, fontSize: 12.5, color: "var(--quiet)" }, encoding: { x: { datum: 1 }, text: { field: "text" } } },
      ],
    },
  },
  {
    id: "startups", of: "startups", each: "stage", title: "Startups in business, by funding stage", empty: "No startup yet.",
    about: () => "As they stand on the dashboard's day; whatever the filters.",
    rows: () => tables.startups.map((row) => ({ ...row, stage: words(row.funding_stage) })),
    columns: [
      ["stage", "Stage"], ["active_count", "In business", number], ["startup_count", "Of all", number],
      ["valuation_usd", "Valued at", inDollars],
    ],
    spec: bars("stage", "active_count", { title: null, tickCount: 5 }),
  },
  {
    id: "freshness", title: "How fresh the data are", rows: freshnessRows, empty: "Nothing was loaded yet.",
    about: () => "As seen from the dashboard's day.",
    columns: [
      ["source", "Source", titled], ["state", "State", stateMark], ["last_day", "Last day", day],
      ["row_count", "Rows", number], ["last_loaded", "Loaded", day],
    ],
  },
  {
    id: "rejects", title: "Rows that broke a rule, last 28 days", rows: () => tables.rejects,
    about: () => "They are kept in the rejects tables, and in no sum.", empty: "None: every row of the last 28 days kept the rules.",
    columns: [
      ["source", "Source", titled], ["reason", "Reason"], ["row_count", "Rows", number],
      ["largest_share", "Worst day", percent], ["last_day", "Last day", day],
    ],
  },
];

function riskBy(column) {
  const rows = summed(matching(tables.risk, riskFilters()), [column, "risk_band"], ["value_at_risk", "value", "customer_count", "expected_churners"]);
  const whole = new Map(summed(rows, [column], ["value_at_risk"]).map((row) => [row[column], row.value_at_risk]));
  return rows.sort((a, b) => whole.get(b[column]) - whole.get(a[column]) || BANDS.indexOf(a.risk_band) - BANDS.indexOf(b.risk_band));
}

const riskColumns = (column, title) => [
  [column, title, words], ["risk_band", "Risk"], ["customer_count", "Customers", number],
  ["expected_churners", "Expected to leave", decimal], ["value", "Their value", money], ["value_at_risk", "At risk", money],
];

const riskBars = (column, measure = "value_at_risk", format = moneyAxis) => ({
  mark: { type: "bar", height: { band: 0.66 } },
  encoding: {
    y: { field: column, type: "nominal", sort: null, axis: nameAxis },
    x: { field: measure, type: "quantitative", axis: format },
    order: { field: "order", type: "quantitative" },
    color: {
      field: "risk_band", type: "nominal", legend: { ...legend, labelExpr: "datum.label + ' risk'" },
      scale: { domain: BANDS, range: IS_BASE_RATE ? ["var(--quiet)"] : ["var(--vermillion)", "var(--orange)", "var(--sky)"] },
    },
  },
  transform: [{ calculate: "indexof(['high', 'medium', 'low'], datum.risk_band)", as: "order" }],
});

const riskCard = (id, title, column, name) => ({
  id, each: column, title, rows: () => riskBy(column), columns: riskColumns(column, name), spec: riskBars(column),
  about: () => "What they would spend, times the chance that they leave.", empty: "No prediction fits these filters.",
});

const AHEAD = [
  riskCard("segments", "Value at risk by segment", "segment", "Segment"),
  {
    ...riskCard("bands", "Customers by segment and risk", "segment", "Segment"),
    about: () => "How many there are of each.", spec: riskBars("segment", "customer_count", { title: null, tickCount: 5 }),
  },
  riskCard("risk-categories", "Value at risk by preferred category", "product_category", "Category"),
  riskCard("risk-channels", "Value at risk by preferred channel", "channel", "Channel"),
  {
    id: "calls", wide: true, title: "Customers to call first", rows: () => matching(tables.calls, riskFilters()),
    about: () => "By what can still be kept of the expected loss, which is what a customer would spend, times the chance of leaving.",
    empty: IS_BASE_RATE ? NOT_RANKED : "No customer to call fits these filters.", first: 15, file: "calls",
    columns: [
      ["call_rank", "Rank", number], ["customer_key", "Customer"], ["expected_loss", "Expected loss", money],
      ["churn_probability", "Chance of leaving", chanceBar], ["segment", "Segment", words],
      ["days_since_last_purchase", "Days since purchase", number], ["product_category", "Category", words],
      ["channel", "Channel", words], ["reasons", "Why", reasonLines],
    ],
  },
  {
    id: "quality", wide: true, date: "prediction_date", title: "What was predicted, and what came", rows: () => tables.quality,
    about: () => "Share of customers who left, by the day of the prediction, once its window has closed; all customers.",
    empty: "Nothing to compare yet: no prediction's window has closed.",
    columns: [
      ["prediction_date", "Predicted on", day], ["closed_on", "Window closed on", day], ["customers", "Customers", number],
      ["predicted", "Predicted", percent], ["churned", "Left", percent],
    ],
    spec: {
      height: 220,
      transform: [
        { fold: ["predicted", "churned"], as: ["what", "share"] },
        { calculate: "datum.what === 'predicted' ? 'Predicted to leave' : 'Left'", as: "what" },
      ],
      mark: { type: "line", point: { size: 50 }, strokeWidth: 2 },
      encoding: {
        x: { field: "prediction_date", type: "temporal", scale: { type: "utc" }, axis: dateAxis },
        y: { field: "share", type: "quantitative", axis: shareAxis, scale: { zero: true } },
        color: {
          field: "what", type: "nominal", sort: null, legend,
          scale: { domain: ["Predicted to leave", "Left"], range: ["var(--blue)", "var(--vermillion)"] },
        },
      },
    },
  },
  {
    id: "campaigns", wide: true, title: "What campaigns kept",
    rows: () => tables.campaigns.map((row) => ({ ...row, of: row.currency === "all" ? row.measure : `${row.measure}, ${row.currency}` })),
    about: () => "Who was listed beside who was held out, once a campaign's window has closed; all customers.",
    empty: "Nothing to measure yet: no campaign has been started (python -m audience start).",
    columns: [
      ["campaign", "Campaign"], ["started_on", "Started on", day], ["closes_on", "Closes on", day], ["listed", "Listed", number],
      ["held_out", "Held out", number], ["of", "Of"], ["verdict", "Verdict"], ["sentence", "What can be said"],
    ],
  },
];
