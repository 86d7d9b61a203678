-- The rows without an order number whose customer is there once and named like a total, or like a line below the table.
SELECT n, who
FROM (
  SELECT n, who, order_text, count(*) OVER (PARTITION BY customer) AS times, row_number() OVER (PARTITION BY file ORDER BY n DESC) AS from_end
  FROM money
  WHERE accepted
)
WHERE order_text IS NULL
  AND times = 1
  AND (regexp_matches(who, getvariable('names_total')) OR (from_end <= the_last AND regexp_matches(who, the_below)))
ORDER BY n
