SELECT
  segment,
  IF(product_category IN UNNEST(@categories), product_category, 'other') AS product_category,
  IF(channel IN UNNEST(@channels), channel, 'other') AS channel,
  currency,
  risk_band,
  SUM(customer_count) AS customer_count,
  ROUND(SUM(expected_churners), 2) AS expected_churners,
  ROUND(SUM(value), 2) AS value,
  ROUND(SUM(value_at_risk), 2) AS value_at_risk
FROM `${project}.${dataset}.bi_churn_risk_by_segment`
WHERE prediction_date = @prediction_date AND currency IN UNNEST(@currencies)
GROUP BY 1, 2, 3, 4, 5
ORDER BY 1, 2, 3, 4, 5
