// Results: predictions compared with outcomes, and the effects of campaigns.
const PREDICTED = ["Predicted churn", "Actual churn"];

const RESULTS = [
  {
    id: "quality", wide: true, date: "prediction_date", title: "Predicted and actual churn", rows: () => tables.quality,
    about: () => "Churn rate by prediction date, once the window has closed; all customers.",
    empty: `Nothing to compare yet: no prediction window has closed.${WINDOW_END ? ` The window of ${day(cube.prediction_date)} closes on ${day(shifted(WINDOW_END, 1))}.` : ""}`,
    columns: [
      ["prediction_date", "Predicted on", day], ["closed_on", "Window closed on", day], ["customers", "Customers", number],
      ["predicted", "Predicted churn", percent], ["churned", "Actual churn", percent],
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
    id: "campaigns", wide: true, title: "What campaigns retained",
    rows: () => tables.campaigns.map((row) => ({ ...row, of: row.currency === "all" ? row.measure : `${row.measure}, ${row.currency}` })),
    about: () => "Listed customers compared with those held out, once a campaign's window has closed; all customers.",
    empty: "Nothing to measure yet: no campaign has been started (python -m audience start).",
    columns: [
      ["campaign", "Campaign"], ["started_on", "Started on", day], ["closes_on", "Closes on", day], ["listed", "Listed", number],
      ["held_out", "Held out", number], ["of", "Measure"], ["verdict", "Effect"], ["sentence", "Conclusion"],
    ],
  },
];

function resultsLead() {
  const last = tables.quality.at(-1);
  if (!last) return "";
  return `Of ${counted(last.customers, "customer")} scored on ${day(last.prediction_date)}, ${percent(last.predicted)} were predicted to churn; when the window closed on ${day(last.closed_on)}, ${percent(last.churned)} had churned.`;
}
