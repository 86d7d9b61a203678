// Vega-Lite axes, bars and lines that several cards share. Colours come from the style sheet, so that they follow
// light, dark and print; colour-blind people can tell them apart (Okabe and Ito's palette).
const shareAxis = { format: ".0%", title: null };
const moneyAxis = { labelExpr: "datum.value === 0 ? '0' : format(datum.value, '~s')", title: null, tickCount: 5 };
// Where counts are small, Vega also places ticks at halves; these get no label.
const countAxis = { title: null, tickCount: 5, tickMinStep: 1, labelExpr: "datum.value % 1 ? '' : format(datum.value, ',')" };
const nameAxis = { title: null, labelLimit: 150, domain: false, ticks: false };
const monthAxis = { title: null, format: "%b %Y", labelAngle: 0, labelOverlap: true, labelSeparation: 8, domain: false, ticks: false, grid: false };
const legend = { title: null, orient: "top" };

// A date axis labels the days of its points, and no others.
const dateAxis = (field) => ({
  title: null, format: "%-d %b %Y", values: { expr: `pluck(data('rows'), '${field}')` },
  grid: false, labelOverlap: true, labelFlush: true, labelSeparation: 8,
});
const overDays = (field) => ({ field, type: "temporal", scale: { type: "utc" }, axis: dateAxis(field) });

const bars = (name, measure, axis) => ({
  encoding: { y: { field: name, type: "nominal", sort: null, axis: nameAxis } },
  layer: [
    {
      mark: { type: "bar", color: "var(--blue)", cornerRadiusEnd: 3, height: { band: 0.66 } },
      encoding: { x: { field: measure, type: "quantitative", axis } },
    },
  ],
});

const line = (field, colour, more = {}) => ({
  mark: { type: "line", color: `var(--${colour})`, strokeWidth: 2, interpolate: "monotone", ...more },
  encoding: { y: { field, type: "quantitative" } },
});
