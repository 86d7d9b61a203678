SELECT
  DIV(DATE_DIFF(DATE_SUB(@as_of, INTERVAL 1 DAY), event_date, DAY), @period_days) AS period,
  SUM(session_count) AS session_count,
  SUM(product_view_sessions) AS product_view_sessions,
  SUM(add_to_cart_sessions) AS add_to_cart_sessions,
  SUM(checkout_sessions) AS checkout_sessions,
  SUM(purchase_sessions) AS purchase_sessions
FROM `${project}.${dataset}.bi_funnel_by_day`
WHERE event_date >= DATE_SUB(@as_of, INTERVAL 10 YEAR)
GROUP BY 1
ORDER BY 1
