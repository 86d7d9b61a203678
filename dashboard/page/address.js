// The view (page, filters, days) is kept in the address, so that it can be bookmarked, shared and returned to.
const form = document.forms[0];
const WEEKS = ["4", "12", "52"].filter((weeks) => (weeks * 7) / cube.period_days < PERIOD_COUNT);
const DEFAULTS = {
  page: "sales", weeks: WEEKS.includes("12") ? "12" : "all", from: "", to: "",
  segment: "", risk_band: "", product_category: "", channel: "", currency: "",
};
const filters = { ...DEFAULTS };
const FIRST_DAY = PERIOD_COUNT ? firstDay(PERIOD_COUNT - 1) : cube.first_day;

function isKnown(name, value) {
  if (!value) return false;
  if (name === "page") return value in PAGES;
  if (name === "from" || name === "to") return /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value));
  return [...form.elements[name].options].some((option) => option.value === value);
}

/** Apply the view in the address; what is invalid or missing there takes its default. */
function readAddress() {
  const asked = new URLSearchParams(location.hash.slice(1));
  for (const [name, usual] of Object.entries(DEFAULTS)) {
    filters[name] = isKnown(name, asked.get(name)) ? asked.get(name) : usual;
  }
  if (!filters.from || !filters.to) [filters.from, filters.to] = ["", ""];
  else filters.weeks = "";
}

/** The address of the view that is shown, with some changes. */
function addressOf(changes) {
  const wanted = { ...filters, ...changes };
  if (wanted.weeks) [wanted.from, wanted.to] = ["", ""];
  return `#${new URLSearchParams(Object.entries(wanted).filter(([name, value]) => value && value !== DEFAULTS[name]))}`;
}

/** Show another view, which "Back" undoes. */
function go(changes) {
  const address = addressOf(changes);
  if (address !== (location.hash || "#")) history.pushState(null, "", address);
  show();
}

/** The chosen days as periods: the newest and the oldest, how many, and their first and last day. */
function chosenRange() {
  let [newest, oldest] = [0, PERIOD_COUNT - 1];
  if (filters.from) {
    const within = (day) => Math.min(Math.max(periodOf(day), 0), Math.max(PERIOD_COUNT - 1, 0));
    [newest, oldest] = [within(filters.from), within(filters.to)].sort((a, b) => a - b);
  } else if (filters.weeks !== "all") {
    oldest = (filters.weeks * 7) / cube.period_days - 1;
  }
  return { newest, oldest, count: oldest - newest + 1, from: firstDay(oldest), to: shifted(firstDay(newest), cube.period_days - 1) };
}

/** The rows of the chosen days, and those of as many days before, or null if the sales do not go back that far. */
function ofRange(rows) {
  const { newest, oldest, count } = chosenRange();
  const before = rows.filter((row) => row.period > oldest && row.period <= oldest + count);
  return [rows.filter((row) => row.period >= newest && row.period <= oldest), oldest + count < PERIOD_COUNT ? before : null];
}

/** The length of the chosen range, in words. */
function span() {
  const days = chosenRange().count * cube.period_days;
  return days % 7 ? counted(days, "day") : counted(days / 7, "week");
}

/** The one currency that charts show: amounts in different currencies are never added. */
const moneyCurrency = () => filters.currency || CURRENCIES[0] || "";
const inCurrency = () => (CURRENCIES.length > 1 ? ` In ${moneyCurrency()}.` : "");
const chosen = (names) => Object.fromEntries(names.map((name) => [name, filters[name]]));
const salesFilters = () => chosen(["product_category", "channel", "currency"]);
const riskFilters = () => chosen(["segment", "risk_band", "product_category", "channel", "currency"]);

/** The sums of a measure for each chosen currency, the one that charts show first. */
function amountsOf(rows, measure) {
  return CURRENCIES.map((currency) => [currency, matching(rows, { currency })])
    .filter(([currency, found]) => currency === moneyCurrency() || found.length)
    .map(([currency, found]) => money(sum(found, measure), currency))
    .slice(0, filters.currency ? 1 : undefined);
}
