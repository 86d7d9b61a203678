-- How many products have a price that grows with the quantity, how many one that does not depend on it, and how many
-- lines are of several pieces; by the first rows, which are enough.
SELECT
  count(*) FILTER (quantities > 1 AND highest > 1.05 * lowest AND highest_of_piece < 1.01 * lowest_of_piece),
  count(*) FILTER (quantities > 1 AND highest < 1.01 * lowest),
  coalesce(sum(several), 0)
FROM (
  SELECT
    product,
    count(DISTINCT quantity) AS quantities,
    max(price) AS highest,
    min(price) AS lowest,
    max(CAST(price AS DOUBLE) / CAST(quantity AS DOUBLE)) AS highest_of_piece,
    min(CAST(price AS DOUBLE) / CAST(quantity AS DOUBLE)) AS lowest_of_piece,
    count(*) FILTER (quantity > 1) AS several
  FROM (SELECT coalesce(the_product, 'row ' || n) AS product, the_price AS price, the_quantity AS quantity FROM raw LIMIT 200000)
  WHERE quantity > 0 AND price > 0
  GROUP BY product
)
