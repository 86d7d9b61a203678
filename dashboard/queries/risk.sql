-- Currencies not listed separately are one, "other": their customers are counted, but their amounts are not added.
SELECT
  segment,
  IF(product_category IN UNNEST(@categories), product_category, 'other') AS product_category,
  IF(channel IN UNNEST(@channels), channel, 'other') AS channel,
  IF(currency IN UNNEST(@currencies), currency, 'other') AS currency,
  risk_band,
  SUM(customer_count) AS customer_count,
  ROUND(SUM(expected_churners), 2) AS expected_churners,
  ROUND(SUM(IF(currency IN UNNEST(@currencies), value, NULL)), 2) AS value,
  ROUND(SUM(IF(currency IN UNNEST(@currencies), value_at_risk, NULL)), 2) AS value_at_risk,
  MAX(horizon_days) AS horizon_days,
  MAX(lapsed_after_days) AS lapsed_after_days
FROM `${project}.${dataset}.bi_churn_risk_by_segment`
WHERE prediction_date = @prediction_date
GROUP BY 1, 2, 3, 4, 5
ORDER BY 1, 2, 3, 4, 5
