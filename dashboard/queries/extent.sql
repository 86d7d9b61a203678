-- What the dashboard covers: its as-of date, the first sale, the latest predictions, and the names that are listed
-- separately; sales more than ten years old are left out.
WITH
  sales AS (
    SELECT sale_date, product_category, channel, currency, order_count
    FROM `${project}.${dataset}.bi_revenue_by_day`
  ),
  categories AS (SELECT product_category, SUM(order_count) AS orders FROM sales GROUP BY 1),
  channels AS (SELECT channel, SUM(order_count) AS orders FROM sales GROUP BY 1),
  currencies AS (SELECT currency, SUM(order_count) AS orders FROM sales GROUP BY 1)
SELECT
  MAX(as_of_date) AS as_of,
  MAX(IF(source = 'predictions', last_day, NULL)) AS prediction_date,
  ARRAY_AGG(source) AS sources,
  (SELECT GREATEST(MIN(sale_date), DATE_SUB(MAX(sale_date), INTERVAL 10 YEAR)) FROM sales) AS first_day,
  ARRAY(SELECT product_category FROM categories ORDER BY orders DESC, product_category LIMIT 10) AS categories,
  ARRAY(SELECT channel FROM channels ORDER BY orders DESC, channel LIMIT 5) AS channels,
  ARRAY(SELECT currency FROM currencies ORDER BY orders DESC, currency LIMIT 3) AS currencies,
  (SELECT COUNT(*) FROM currencies) AS currency_count
FROM `${project}.${dataset}.bi_data_freshness`
