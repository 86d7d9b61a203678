-- How many orders of a file have each of their lines several times, and the first row of one that comes again.
SELECT count(*), min(again)
FROM (
  SELECT max(last_row) AS again
  FROM (
    SELECT order_key, count(*) AS times, max(n) AS last_row
    FROM money
    JOIN (SELECT n AS raw_n, the_number AS own_number FROM raw) AS numbered ON raw_n = n
    WHERE accepted AND order_text IS NOT NULL
    GROUP BY
      order_key, file, item_at, customer, sold_at, product, line_text, own_number, quantity, amount, gross_cents, back_cents, status_text
  )
  GROUP BY order_key
  HAVING min(times) > 1
)
