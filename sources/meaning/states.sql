-- Of an order's rows the latest counts, at the time of the first one; of rows of one time, the later in the file.
SELECT
  * EXCLUDE (last_row, first_sold_at) REPLACE (
    CASE WHEN left_out IS NULL AND order_text IS NOT NULL AND n != last_row THEN 'an earlier state' ELSE left_out END
    AS left_out,
    CASE WHEN order_text IS NOT NULL THEN coalesce(first_sold_at, sold_at) ELSE sold_at END AS sold_at
  )
FROM (
  SELECT
    *,
    last_value(n) OVER (
      PARTITION BY order_text
      ORDER BY left_out IS NULL, sold_at NULLS FIRST, n
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS last_row,
    min(CASE WHEN left_out IS NULL THEN sold_at END) OVER (PARTITION BY order_text) AS first_sold_at
  FROM (typed_lines)
)
