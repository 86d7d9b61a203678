-- How many orders have several rows in one file, and how many of these have one amount, on all rows or only the first.
SELECT count(*), count(*) FILTER (amounts = 1)
FROM (
  SELECT count(DISTINCT the_total) AS amounts
  FROM raw
  WHERE the_order IS NOT NULL
  GROUP BY file, the_order
  HAVING count(*) > 1
)
