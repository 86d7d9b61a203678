// How Vega-Lite draws: axes, bars and lines that several cards share. Colours are the style sheet's, so that they
// follow light, dark and print; they are told apart by the colour-blind (Okabe and Ito's set).
const shareAxis = { format: ".0%", title: null };
const moneyAxis = { labelExpr: "datum.value === 0 ? '0' : format(datum.value, '~s')", title: null, tickCount: 5 };
// Between two customers Vega marks halves too, which have no name.
const countAxis = { title: null, tickCount: 5, tickMinStep: 1, labelExpr: "datum.value % 1 ? '' : format(datum.value, ',')" };
const nameAxis = { title: null, labelLimit: 150, domain: false, ticks: false };
const monthAxis = { title: null, format: "%b %Y", labelAngle: 0, labelOverlap: true, domain: false, ticks: false, grid: false };
const legend = { title: null, orient: "top" };

// An axis names the days that its points stand for, and no others.
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
