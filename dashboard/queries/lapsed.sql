SELECT
  call_rank,
  customer_key,
  segment,
  risk_band,
  ROUND(churn_probability, 4) AS churn_probability,
  ROUND(expected_loss, 2) AS expected_loss,
  ROUND(keepable_value, 2) AS keepable_value,
  currency,
  days_since_last_purchase,
  IF(product_category IN UNNEST(@categories), product_category, 'other') AS product_category,
  IF(channel IN UNNEST(@channels), channel, 'other') AS channel,
  reasons
FROM `${project}.${dataset}.bi_lapsed_customers`
WHERE call_rank <= 1000
ORDER BY call_rank
