module.exports = {
  // Sums of NUMERIC are exact, those of FLOAT64 depend on the order of the rows.
  total: (amount) => `CAST(SUM(CAST(${amount} AS NUMERIC)) AS FLOAT64)`,
};
