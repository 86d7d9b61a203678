-- The share of orders whose parts add up to their total.
SELECT avg(CASE WHEN abs(total - parts) < 0.015 THEN 1 ELSE 0 END)
FROM (
  SELECT max(the_total) AS total, sum(the_part) AS parts
  FROM raw
  GROUP BY file, the_order
)
WHERE total IS NOT NULL AND parts IS NOT NULL
