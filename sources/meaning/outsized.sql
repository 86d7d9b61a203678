-- The customer with the most orders, how many, their share of all, and how many the next one has relative to that.
WITH
  final AS (
    SELECT customer, count(DISTINCT order_key) AS orders FROM money WHERE accepted GROUP BY customer
  )
SELECT customer, orders, orders / (SELECT sum(orders) FROM final), coalesce(lead(orders) OVER by_orders, 0) / orders
FROM final
WINDOW by_orders AS (ORDER BY orders DESC, customer)
ORDER BY orders DESC, customer
LIMIT 1
