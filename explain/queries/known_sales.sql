-- The customer's newest sales as they were known before the day began, and how many there were in all.
SELECT
  sale_id,
  sale_date,
  product_category,
  quantity,
  total_amount,
  currency,
  status,
  known_from_date,
  COUNT(*) OVER () AS sales,
  COUNTIF(status = 'completed') OVER () AS completed
FROM `${project}.${warehouse_dataset}.fct_sale_versions`
WHERE
  customer_key = @customer_key
  AND sale_date < @on AND known_from_date < @on AND @on <= known_until_date
ORDER BY sale_date DESC, known_from DESC, sale_id
LIMIT 20
