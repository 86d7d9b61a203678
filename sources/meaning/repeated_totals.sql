-- How many orders have several rows in one file, how many of these have one amount, on all rows or on some, and how
-- many have an amount on one row only.
SELECT count(*), count(*) FILTER (amounts = 1), count(*) FILTER (said = 1)
FROM (
  SELECT count(DISTINCT the_total) AS amounts, count(the_total) AS said
  FROM raw
  WHERE the_order IS NOT NULL
  GROUP BY file, the_order
  HAVING count(*) > 1
)
