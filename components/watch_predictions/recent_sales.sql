-- The share of the last horizon's completed sales in categories that were not sold in the year before it, the newest
-- day with a sale, and the most days between two such days.
-- Older sales are not read, so that the cost is the same however long the history is.
WITH sold AS (
  SELECT sale_date, product_category, COUNT(*) AS sales
  FROM `${project}.${warehouse_dataset}.fct_sales`
  WHERE status = 'completed' AND sale_date < @as_of
    AND sale_date >= DATE_SUB(@as_of, INTERVAL @horizon_days + 365 DAY)
  GROUP BY sale_date, product_category
),

categories AS (
  SELECT
    MIN(sale_date) AS first_sale_date,
    SUM(IF(sale_date >= DATE_SUB(@as_of, INTERVAL @horizon_days DAY), sales, 0)) AS recent_sales
  FROM sold
  WHERE product_category IS NOT NULL
  GROUP BY product_category
),

days AS (
  SELECT sale_date, DATE_DIFF(sale_date, LAG(sale_date) OVER (ORDER BY sale_date), DAY) AS pause
  FROM (SELECT DISTINCT sale_date FROM sold) AS days_with_sales
)

SELECT
  (
    SELECT SAFE_DIVIDE(
      SUM(IF(first_sale_date >= DATE_SUB(@as_of, INTERVAL @horizon_days DAY), recent_sales, 0)), SUM(recent_sales)
    )
    FROM categories
  ) AS unseen_share,
  MAX(sale_date) AS newest_day,
  MAX(pause) AS longest_pause
FROM days
