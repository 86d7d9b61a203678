-- How many orders have several rows in one file and at most one product, and how many of these have several statuses.
SELECT count(*), count(*) FILTER (statuses > 1)
FROM (
  SELECT count(DISTINCT the_status) AS statuses
  FROM raw
  WHERE the_order IS NOT NULL
  GROUP BY file, the_order
  HAVING count(*) > 1 AND count(DISTINCT the_product) <= 1
)
