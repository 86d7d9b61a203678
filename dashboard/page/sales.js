// The past: sales, visits and customers, and the quality of the data.
const BINS = { 1: "day", 7: "week", 28: "four weeks" };
const STEPS = [
  ["session_count", "Visits"], ["product_view_sessions", "Viewed a product"], ["add_to_cart_sessions", "Added to cart"],
  ["checkout_sessions", "Started checkout"], ["purchase_sessions", "Purchased"],
];
const MOVES = [["new_customers", "New", 1], ["reactivated_customers", "Reactivated", 1], ["lapsed_customers", "Lapsed", -1]];
const NO_SALES = "No sales match these filters.";
const LAPSED_AFTER = tables.risk[0]?.lapsed_after_days ?? null;

/** The number of days that a point of the revenue line covers: the longer the range, the more. */
function binDays() {
  const days = chosenRange().count * cube.period_days;
  return Math.max(cube.period_days, days <= 31 ? 1 : days <= 740 ? 7 : 28);
}

const moneyRows = () => ofRange(matching(tables.sales, { ...salesFilters(), currency: moneyCurrency() }));

function revenueRows() {
  const [now, before] = moneyRows();
  if (!now.length) return [];
  const { newest, oldest, count } = chosenRange();
  const periods = binDays() / cube.period_days;
  const binned = (rows, first) => Map.groupBy(rows, (row) => Math.floor((row.period - first) / periods));
  const [bins, binsBefore] = [binned(now, newest), binned(before ?? [], oldest + 1)];
  return Array.from({ length: Math.ceil(count / periods) }, (_, place) => Math.ceil(count / periods) - 1 - place).map((bin) => ({
    first_day: firstDay(Math.min(newest + (bin + 1) * periods - 1, oldest)),
    ...sums(bins.get(bin) ?? [], ["revenue", "order_count"]),
    before: before && sum(binsBefore.get(bin) ?? [], "revenue"), currency: moneyCurrency(),
  }));
}

function aboutRevenue() {
  const { count, from, to } = chosenRange();
  const left = (count * cube.period_days) % binDays();
  const compared = oldestWithBefore() ? ` The dashed line is the previous ${span()}.` : "";
  const short = left ? ` The first point covers only ${counted(left, "day")}.` : "";
  return `${day(from)} to ${day(to)}; each point starts on the day shown.${compared}${short}${inCurrency()}`;
}

const oldestWithBefore = () => ofRange([])[1] !== null;
const aboutMarks = () => `${oldestWithBefore() ? `The vertical marks are the previous ${span()}.` : ""}${inCurrency()}`;

function revenueBy(column) {
  const [now, before] = moneyRows();
  const earlier = before && new Map(summed(before, [column], ["revenue"]).map((row) => [row[column], row.revenue]));
  return summed(now, [column], ["revenue", "order_count"])
    .map((row) => ({ ...row, before: earlier && (earlier.get(row[column]) ?? 0), currency: moneyCurrency() }))
    .sort((a, b) => b.revenue - a.revenue);
}

function revenueBars(column) {
  const spec = bars(column, "revenue", moneyAxis);
  spec.layer.push({
    transform: [{ filter: "datum.before !== null" }],
    mark: { type: "tick", color: "var(--text)", thickness: 2, height: { band: 0.9 } },
    encoding: { x: { field: "before", type: "quantitative" } },
  });
  return spec;
}

const revenueCard = (id, column, name) => ({
  id, each: column, title: `Revenue by ${name.toLowerCase()}`, rows: () => revenueBy(column), empty: NO_SALES,
  about: aboutMarks, spec: revenueBars(column), drill: (row) => ({ [column]: row[column] }),
  columns: [[column, name, words], ["revenue", "Revenue", ofRow], ["before", "Previous period", ofRow], ["order_count", "Orders", number]],
});

function funnelRows() {
  const [now] = ofRange(tables.visits);
  const counts = sums(now, STEPS.map(([measure]) => measure));
  if (!counts.session_count) return [];
  return STEPS.map(([measure, step]) => {
    const share = counts[measure] / counts.session_count;
    return { step, count: counts[measure], share, text: `${percent(share)}  (${number(counts[measure])})` };
  });
}

/** Whether customers whose first purchase is in a month may have bought before the first day that is known. */
const TRUNCATED_UNTIL = shifted(cube.first_day, LAPSED_AFTER ?? 1);
const isTruncated = (month) => month < TRUNCATED_UNTIL;

function aboutTruncation(rows, name) {
  if (!rows.some((row) => isTruncated(row[name]))) return "";
  return ` * Sales are known from ${day(cube.first_day)} on, so some customers counted as new here may have bought before.`;
}

const marked = (text) => `${month(text)}${isTruncated(text) ? " *" : ""}`;

const SALES = [
  {
    id: "revenue", wide: true, date: "first_day", title: () => `Revenue by ${BINS[binDays()]}`, rows: revenueRows, empty: NO_SALES,
    about: aboutRevenue,
    columns: [["first_day", "First day", day], ["revenue", "Revenue", ofRow], ["before", "Previous period", ofRow], ["order_count", "Orders", number]],
    spec: {
      height: 260,
      encoding: { x: overDays("first_day") },
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
  revenueCard("categories", "product_category", "Category"),
  revenueCard("channels", "channel", "Channel"),
  {
    id: "customers", date: "month", title: "New, reactivated and lapsed customers by month", empty: "No customers yet.",
    about: () => `All customers; filters do not apply.${LAPSED_AFTER ? ` Lapsed: ${LAPSED_AFTER} days without a purchase.` : ""} The last month may be incomplete.${aboutTruncation(tables.customers, "month")}`,
    rows: () => tables.customers.flatMap((row) => MOVES.map(([measure, move, sign]) => ({ ...row, move, count: sign * row[measure] }))),
    table: () => tables.customers,
    columns: [
      ["month", "Month", marked], ...MOVES.map(([measure, move]) => [measure, move, number]), ["active_customers", "Purchased", number],
    ],
    spec: {
      height: 260,
      layer: [
        {
          mark: { type: "bar", width: { band: 0.75 } },
          encoding: {
            x: { field: "month", type: "ordinal", timeUnit: "utcyearmonth", axis: { ...monthAxis, labelExpr: `datum.label + (datum.value < ${Date.parse(TRUNCATED_UNTIL)} ? ' *' : '')` } },
            y: { field: "count", type: "quantitative", axis: { ...countAxis, tickCount: 6 } },
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
    id: "retention", title: "Retention by month of first purchase", empty: "No full month since the first sale yet.",
    about: () => `Percentage of each month's new customers who purchased again that many months later; all customers, filters do not apply.${aboutTruncation(tables.retention, "cohort_month")}`,
    rows: () => tables.retention.filter((row) => row.months_since_first > 0)
      .map((row) => ({ ...row, cohort: marked(row.cohort_month), label: Math.round(100 * row.retention) })),
    table: () => tables.retention,
    columns: [
      ["cohort_month", "First purchase", marked], ["months_since_first", "Months later", number],
      ["cohort_customers", "Customers", number], ["active_customers", "Purchased", number], ["retention", "Share", percent],
    ],
    spec: {
      height: 260,
      encoding: {
        x: { field: "months_since_first", type: "ordinal", axis: { title: "Months later", labelAngle: 0, domain: false, ticks: false, grid: false } },
        y: { field: "cohort", type: "nominal", sort: null, axis: nameAxis },
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
    id: "funnel", of: "visits", each: "step", step: 44, title: "From visit to purchase", rows: funnelRows, empty: "No visits in this period.",
    about: () => "Share of visits that reached each step; all categories and channels.",
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
    id: "freshness", title: "Data freshness", rows: freshnessRows, empty: "Nothing has been loaded yet.",
    about: () => `As of ${day(cube.as_of)}.`,
    columns: [
      ["source", "Source", titled], ["state", "State", stateMark], ["last_day", "Last day", day],
      ["row_count", "Rows", number], ["last_loaded", "Loaded", day],
    ],
  },
  {
    id: "rejects", wide: true, title: "Rejected rows, last 28 days", rows: () => tables.rejects,
    about: () => "Rows that break a rule are kept in the rejects tables and excluded from every figure.", empty: "No rejected rows in the last 28 days.",
    columns: [
      ["source", "Source", titled], ["reason", "Reason"], ["row_count", "Rows", number],
      ["largest_share", "Worst day", percent], ["last_day", "Last day", day],
    ],
  },
];
