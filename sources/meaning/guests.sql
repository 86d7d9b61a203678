-- The customers of several orders who have a word for nobody as their name or before their @, or whose number is 0: this may be the first
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
    OR regexp_matches(customer, '^(no-?e?-?mail|no-?reply|none|n\.?a|unknown|anonymous|test|dummy|keine?|sans)@')
    OR (
      customer IN (the_zeros)
      AND orders > 2 * (SELECT avg(others.orders) FROM final AS others WHERE others.customer != final.customer)
    )
  )
ORDER BY customer
