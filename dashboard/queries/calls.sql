SELECT
  call_rank,
  customer_key,
  segment,
  ROUND(churn_probability, 4) AS churn_probability,
  ROUND(expected_loss, 2) AS expected_loss,
  currency,
  days_since_last_purchase,
  IF(product_category IN UNNEST(@categories), product_category, 'other') AS product_category,
  IF(channel IN UNNEST(@channels), channel, 'other') AS channel,
  reasons
FROM `${project}.${dataset}.bi_customers_to_call`
WHERE call_rank <= 200 AND currency IN UNNEST(@currencies)
ORDER BY call_rank
