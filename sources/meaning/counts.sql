SELECT
  count(*),
  count(*) FILTER (accepted),
  count(DISTINCT order_key) FILTER (accepted),
  count(DISTINCT customer) FILTER (accepted),
  CAST(min(sold_at) FILTER (accepted) AS DATE),
  CAST(max(sold_at) FILTER (accepted) AS DATE),
  count(*) FILTER (left_out IS NULL AND unread IS NOT NULL)
FROM money
