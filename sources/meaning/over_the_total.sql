-- How many orders have a total, how many of these have lines that cost more than it, and the first rows of three such.
SELECT count(*), count(*) FILTER (gross > total + 1), list(n ORDER BY n) FILTER (gross > total + 1)[:3]
FROM (
  SELECT order_key, min(n) AS n, sum(gross_cents) AS gross, max(control_cents) AS total
  FROM money
  WHERE accepted AND NOT came_back
  GROUP BY order_key
)
WHERE total > 0
