// Startups, a separate source: how many are in business, at which stage and in which sector.
const SECTORS = 15;
const inDollars = (amount) => money(amount, "USD");
const startupsBy = (column) => summed(tables.startups, [column], ["active_count", "startup_count", "valuation_usd"])
  .map((row) => ({ ...row, name: words(row[column]) }));

const startupCard = (id, title, name, rows) => ({
  id, each: "name", title, rows, empty: "No startups yet.", about: () => `As of ${day(cube.as_of)}.`,
  columns: [
    ["name", name], ["active_count", "In business", number], ["startup_count", "All", number], ["valuation_usd", "Valuation", inDollars],
  ],
  spec: bars("name", "active_count", countAxis),
});

const STARTUPS = [
  startupCard("stages", "Startups in business by funding stage", "Stage", () => startupsBy("funding_stage")),
  startupCard("sectors", "Startups in business by sector", "Sector",
    () => startupsBy("sector").sort((a, b) => b.active_count - a.active_count).slice(0, SECTORS)),
];

function startupFigures() {
  const found = sums(tables.startups, ["active_count", "startup_count", "valuation_usd"]);
  return [
    { name: "active_count", title: "In business", show: number, value: found.active_count, about: found.startup_count ? `of ${counted(found.startup_count, "startup")}` : "" },
    { name: "valuation_usd", title: "Valuation", show: inDollars, value: found.valuation_usd, about: "of those in business, in USD" },
  ];
}
