-- Of the values of a column that several lines have: how many, how many of them have one customer and one day, and how
-- many lines they have.
SELECT
  count(*) FILTER (lines > 1), count(*) FILTER (lines > 1 AND customers = 1 AND days = 1), sum(lines) FILTER (lines > 1)
FROM (
  SELECT count(*) AS lines, count(DISTINCT money.customer) AS customers, count(DISTINCT CAST(money.sold_at AS DATE)) AS days
  FROM money
  JOIN raw USING (n)
  WHERE money.accepted
  GROUP BY coalesce(the_column, CAST(n AS VARCHAR))
)
