-- How many orders are in a later file too, how many of these with another customer on another day or of another sum,
-- and the first rows of three of these.
SELECT count(*), count(*) FILTER (is_other), list(n ORDER BY n) FILTER (is_other)[:3]
FROM (
  SELECT
    min(dropped.n) AS n,
    bool_and(
      kept.customer != dropped.customer
      AND (CAST(kept.sold_at AS DATE) != CAST(dropped.sold_at AS DATE) OR kept.amount != dropped.amount)
    ) AS is_other
  FROM (
    SELECT n, order_text, customer, sold_at, sum(amount) OVER (PARTITION BY order_text) AS amount
    FROM money
    WHERE left_out = 'in a later file too' AND order_text IS NOT NULL
  ) AS dropped
  JOIN (
    SELECT order_text, min(customer) AS customer, min(sold_at) AS sold_at, sum(amount) AS amount
    FROM money
    WHERE left_out IS NULL
    GROUP BY order_text
  ) AS kept USING (order_text)
  GROUP BY order_text
)
