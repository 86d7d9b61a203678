-- The outcome of every customer in a campaign; amounts in a currency other than the customer's are not counted.
SELECT
  audience.arm = 'listed' AS listed,
  audience.currency,
  audience.churn_probability,
  audience.expected_spend,
  COUNT(sale.sale_id) = 0 AS churned,
  CAST(
    SUM(IF(IFNULL(sale.currency, 'unknown') = audience.currency, IFNULL(CAST(sale.net_amount AS NUMERIC), 0), 0))
    AS FLOAT64
  ) AS spent
FROM `${project}.${warehouse}.retention_audiences` AS audience
LEFT JOIN (
  SELECT customer_key, sale_id, currency, net_amount
  FROM `${project}.${warehouse}.fct_sales`
  WHERE status = 'completed' AND sale_date >= @started_on AND sale_date < @closes_on
) AS sale USING (customer_key)
WHERE audience.campaign = @campaign AND audience.started_on = @started_on
GROUP BY audience.customer_key, audience.arm, audience.currency, audience.churn_probability, audience.expected_spend
ORDER BY audience.customer_key
