-- The share of the last horizon's completed sales in categories that were not sold in the year before it.
-- Older sales are not read, so that the cost is the same however long the history is.
WITH categories AS (
  SELECT
    product_category,
    MIN(sale_date) AS first_sale_date,
    COUNTIF(sale_date >= DATE_SUB(@as_of, INTERVAL @horizon_days DAY)) AS recent_sales
  FROM `${project}.${warehouse_dataset}.fct_sales`
  WHERE status = 'completed' AND product_category IS NOT NULL AND sale_date < @as_of
    AND sale_date >= DATE_SUB(@as_of, INTERVAL @horizon_days + 365 DAY)
  GROUP BY product_category
)

SELECT
  SAFE_DIVIDE(
    SUM(IF(first_sale_date >= DATE_SUB(@as_of, INTERVAL @horizon_days DAY), recent_sales, 0)),
    SUM(recent_sales)
  ) AS unseen_share
FROM categories
