-- An order that is repeated in a later row counts once.
SELECT
  * EXCLUDE (first_row) REPLACE (
    CASE WHEN left_out IS NULL AND order_text IS NOT NULL AND n > first_row THEN 'sent twice' ELSE left_out END
    AS left_out
  )
FROM (
  SELECT *, min(CASE WHEN left_out IS NULL THEN n END) OVER (PARTITION BY order_text) AS first_row
  FROM (typed_lines)
)
