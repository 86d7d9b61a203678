SELECT
  call_rank, customer_key, segment, churn_probability, expected_loss, value, currency, days_since_last_purchase,
  product_category, channel, reasons
FROM `${project}.${warehouse}.retention_audiences`
WHERE campaign = @campaign AND arm = 'listed'
ORDER BY call_rank
