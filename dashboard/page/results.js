// What came of it: predictions held against what happened, and what campaigns kept.
const PREDICTED = ["Predicted to leave", "Left"];

const RESULTS = [
  {
    id: "quality", wide: true, date: "prediction_date", title: "Predicted and actual churn", rows: () => tables.quality,
    about: () => "Share of customers who left, by the day of the prediction, once its window has closed; all customers.",
    empty: `Nothing to compare yet: no prediction's window has closed.${WINDOW_END ? ` That of ${day(cube.prediction_date)} closes on ${day(shifted(WINDOW_END, 1))}.` : ""}`,
    columns: [
      ["prediction_date", "Predicted on", day], ["closed_on", "Window closed on", day], ["customers", "Customers", number],
      ["predicted", "Predicted to leave", percent], ["churned", "Left", percent],
    ],
    spec: {
      height: 220,
      transform: [
        { fold: ["predicted", "churned"], as: ["what", "share"] },
        { calculate: `datum.what === 'predicted' ? '${PREDICTED[0]}' : '${PREDICTED[1]}'`, as: "what" },
      ],
      mark: { type: "line", point: { size: 50 }, strokeWidth: 2 },
      encoding: {
        x: overDays("prediction_date"),
        y: { field: "share", type: "quantitative", axis: shareAxis, scale: { zero: true } },
        color: { field: "what", type: "nominal", sort: null, legend, scale: { domain: PREDICTED, range: ["var(--blue)", "var(--vermillion)"] } },
      },
    },
  },
  {
    id: "campaigns", wide: true, title: "What campaigns kept",
    rows: () => tables.campaigns.map((row) => ({ ...row, of: row.currency === "all" ? row.measure : `${row.measure}, ${row.currency}` })),
    about: () => "Customers who were contacted beside those held out, once a campaign's window has closed; all customers.",
    empty: "Nothing to measure yet: no campaign has been started (python -m audience start).",
    columns: [
      ["campaign", "Campaign"], ["started_on", "Started on", day], ["closes_on", "Closes on", day], ["listed", "Contacted", number],
      ["held_out", "Held out", number], ["of", "Measure"], ["verdict", "Effect"], ["sentence", "What can be said"],
    ],
  },
];

function resultsLead() {
  const last = tables.quality.at(-1);
  if (!last) return "";
  return `Of ${counted(last.customers, "customer")} scored on ${day(last.prediction_date)}, ${percent(last.predicted)} were predicted to leave; by ${day(shifted(last.closed_on, -1))}, ${percent(last.churned)} had left.`;
}
