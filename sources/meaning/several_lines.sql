-- Of the values of a column that several lines have: how many, how many of them have one customer and one day, and how
-- many lines they have. The first lines suffice, since those of an order are near each other.
SELECT
  count(*) FILTER (lines > 1),
  count(*) FILTER (lines > 1 AND first_customer = last_customer AND first_day = last_day),
  sum(lines) FILTER (lines > 1)
FROM (
  SELECT
    count(*) AS lines,
    min(money.customer) AS first_customer,
    max(money.customer) AS last_customer,
    min(CAST(money.sold_at AS DATE)) AS first_day,
    max(CAST(money.sold_at AS DATE)) AS last_day
  FROM money
  JOIN (SELECT n, the_column AS value FROM raw WHERE n <= the_most) AS grouped USING (n)
  WHERE money.accepted
  GROUP BY coalesce(value, 'row ' || n)
)
