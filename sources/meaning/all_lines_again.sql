-- How many orders of a file have each of their lines several times, and the first row of one that comes again.
SELECT count(*), min(again)
FROM (
  SELECT max(last_row) AS again
  FROM (
    SELECT order_key, count(*) AS times, max(n) AS last_row
    FROM money
    WHERE accepted AND order_text IS NOT NULL
    GROUP BY
      order_key, file, item_at, customer, sold_at, product, line_text, quantity, amount, gross_cents, back_cents, status_text
  )
  GROUP BY order_key
  HAVING min(times) > 1
)
