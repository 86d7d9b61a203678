-- The order's total is repeated on each of its lines: each gets an equal share of it, to the cent.
SELECT
  * EXCLUDE (total_cents, place, line_count),
  CASE WHEN accepted THEN share(total_cents, place - 1, 1, line_count) ELSE cents END AS gross_cents
FROM (
  SELECT
    *,
    max(CASE WHEN accepted THEN cents ELSE 0 END) OVER the_order AS total_cents,
    CAST(count(*) FILTER (accepted) OVER up_to_here AS HUGEINT) AS place,
    CAST(count(*) FILTER (accepted) OVER the_order AS HUGEINT) AS line_count
  FROM whole
  WINDOW the_order AS (PARTITION BY order_key), up_to_here AS (PARTITION BY order_key ORDER BY n, item_at)
)
