-- Periods are counted back from the dashboard's as-of date: 0 is the one that ended the day before. Currencies not
-- listed separately are one, "other": their orders are counted, but their amounts are not added.
SELECT
  DIV(DATE_DIFF(DATE_SUB(@as_of, INTERVAL 1 DAY), sale_date, DAY), @period_days) AS period,
  IF(product_category IN UNNEST(@categories), product_category, 'other') AS product_category,
  IF(channel IN UNNEST(@channels), channel, 'other') AS channel,
  IF(currency IN UNNEST(@currencies), currency, 'other') AS currency,
  SUM(order_count) AS order_count,
  SUM(units) AS units,
  ROUND(SUM(IF(currency IN UNNEST(@currencies), revenue, NULL)), 2) AS revenue,
  SUM(refunded_count) AS refunded_count
FROM `${project}.${dataset}.bi_revenue_by_day`
WHERE sale_date >= @first_day
GROUP BY 1, 2, 3, 4
ORDER BY 1, 2, 3, 4
