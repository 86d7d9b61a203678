-- Four in five gaps between a customer's visits are no longer than this.
WITH days AS (
  SELECT DISTINCT customer_key, sale_date
  FROM `${project}.${warehouse_dataset}.fct_sale_versions`
  WHERE
    status = 'completed' AND customer_key IS NOT NULL AND sale_date < @as_of
    AND known_from_date < @as_of AND @as_of <= known_until_date
),

gaps AS (
  SELECT DATE_DIFF(sale_date, LAG(sale_date) OVER (PARTITION BY customer_key ORDER BY sale_date), DAY) AS gap
  FROM days
)

SELECT PERCENTILE_DISC(gap, 0.8) OVER () AS gap
FROM gaps
WHERE gap IS NOT NULL
LIMIT 1
