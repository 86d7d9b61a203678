-- How many orders have several rows in one file that are said to be orders, and how many of these have one amount on
-- all rows: the lines of an order, each with its total.
SELECT count(*), count(*) FILTER (amounts = 1), min(n) FILTER (amounts = 1)
FROM (
  SELECT count(DISTINCT amount) AS amounts, min(n) AS n
  FROM money
  WHERE accepted AND order_text IS NOT NULL
  GROUP BY file, order_text
  HAVING count(*) > 1
)
