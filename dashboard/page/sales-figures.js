// The figures and the sentence above the sales charts.
function salesFigures() {
  const [now, before] = ofRange(matching(tables.sales, salesFilters()));
  const [visits, visitsBefore] = ofRange(tables.visits);
  const all = (rows, visited) => {
    const inMoney = sums(matching(rows, { currency: moneyCurrency() }), ["revenue", "order_count"]);
    const found = { ...sums(rows, ["order_count", "units", "refunded_count"]), ...sums(visited, ["session_count", "purchase_sessions"]) };
    return {
      ...found, revenue: inMoney.revenue, average: inMoney.revenue / inMoney.order_count,
      refunds: found.refunded_count / (found.order_count + found.refunded_count), conversion: found.purchase_sessions / found.session_count,
    };
  };
  const [current, earlier] = [all(now, visits), before && all(before, visitsBefore)];
  const amount = (value) => money(value, moneyCurrency());
  return [
    { name: "revenue", title: "Revenue", show: amount, good: 1, more: amountsOf(now, "revenue").slice(1), about: "from completed orders" },
    { name: "order_count", title: "Orders", show: number, good: 1, about: "completed orders" },
    { name: "average", title: "Average order value", show: (value) => money(value, moneyCurrency(), 2), good: 1, about: `revenue per order${CURRENCIES.length > 1 ? ` in ${moneyCurrency()}` : ""}` },
    { name: "units", title: "Units sold", show: number, good: 1, about: "in completed orders" },
    { name: "refunds", title: "Refund rate", show: percent, good: -1, isShare: true, about: "share of orders refunded in full" },
    { name: "conversion", title: "Conversion rate", show: percent, good: 1, isShare: true, about: "share of visits with a purchase; only the dates apply" },
  ].filter(({ name }) => name !== "conversion" || !cube.hidden_tables.includes("visits"))
    .map((figure) => ({ ...figure, value: current[figure.name], before: earlier ? earlier[figure.name] : null }));
}

function salesLead([revenue, orders]) {
  if (!orders.value) return "";
  const { from, to } = chosenRange();
  const when = filters.weeks === "all" || filters.from ? `From ${day(from)} to ${day(to)}` : `In the last ${span()}`;
  const brought = `${when}, ${counted(orders.value, "order")} brought in ${listed([revenue.show(revenue.value), ...revenue.more])}.`;
  const change = revenue.before ? revenue.value / revenue.before - 1 : 0;
  if (!change) return brought;
  const what = revenue.more.length ? `Revenue in ${moneyCurrency()}` : "Revenue";
  return `${brought} ${what} was ${percent(Math.abs(change))} ${change > 0 ? "higher" : "lower"} than in the previous ${span()}.`;
}
