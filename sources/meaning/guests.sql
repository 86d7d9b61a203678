-- The customers of several orders who have a word for nobody as their name, or whose number is 0: this may be the first
-- of the numbers, unless it has more than twice the others' mean.
WITH
  final AS (
    SELECT customer, count(DISTINCT order_key) AS orders FROM money WHERE accepted GROUP BY customer
  )
SELECT customer, orders
FROM final
WHERE
  orders > 1
  AND (
    lower(customer) IN (the_guests)
    OR (
      customer IN (the_zeros)
      AND orders > 2 * (SELECT avg(others.orders) FROM final AS others WHERE others.customer != final.customer)
    )
  )
ORDER BY customer
