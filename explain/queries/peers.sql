-- The expected amounts of the day's customers who pay in a currency, and the rank of given amounts among theirs.
SELECT
  COUNT(*) AS customers,
  ROUND(AVG(expected_spend), 2) AS mean_spend,
  ROUND(AVG(value_at_risk), 2) AS mean_at_risk,
  COUNTIF(expected_spend > @expected_spend) + 1 AS spend_place,
  COUNTIF(value_at_risk > @value_at_risk) + 1 AS risk_place
FROM `${project}.${warehouse_dataset}.fact_predictions_churn`
WHERE prediction_date = @on AND currency = @currency AND expected_spend IS NOT NULL
