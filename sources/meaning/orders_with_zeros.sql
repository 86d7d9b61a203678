-- How many orders have the number of another but for zeros at its beginning, the same day and the same amount; and the
-- first rows of three of them.
SELECT count(*), list(n ORDER BY n)[:3]
FROM (
  SELECT max(n) AS n
  FROM (
    SELECT order_text, min(n) AS n, min(CAST(sold_at AS DATE)) AS day, sum(gross_cents) AS cents
    FROM money
    WHERE accepted AND regexp_full_match(order_text, '[0-9]+')
    GROUP BY order_text
  )
  GROUP BY ltrim(order_text, '0'), day, cents
  HAVING count(*) > 1
)
