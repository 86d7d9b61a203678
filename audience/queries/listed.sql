SELECT
  call_rank, customer_key, segment, churn_probability, expected_loss, value, currency, days_since_last_purchase,
  product_category, channel, reasons, lapsed_share
FROM `${project}.${bi}.${view}`
WHERE @currency IN ('', currency)
QUALIFY ROW_NUMBER() OVER (ORDER BY call_rank) <= @top
ORDER BY call_rank
