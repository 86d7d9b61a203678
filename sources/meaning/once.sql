-- A line that is in an earlier and in a later file counts once, as the later file has it.
SELECT
  * EXCLUDE (alone, occurrence, times_after) REPLACE (
    CASE WHEN left_out IS NULL AND times_after > 1 THEN 'in a later file too' ELSE left_out END AS left_out
  )
FROM (
  SELECT
    *,
    row_number() OVER (
      PARTITION BY left_out IS NULL, order_text, line_text, product, alone, occurrence ORDER BY n DESC, item_at DESC
    ) AS times_after
  FROM (
    SELECT
      *,
      row_number() OVER (
        PARTITION BY left_out IS NULL, file, order_text, line_text, product, alone
        ORDER BY quantity, amount, n, item_at
      ) AS occurrence
    FROM (
      SELECT
        *,
        CASE
          WHEN order_text IS NULL THEN concat_ws(chr(30), customer, epoch_us(sold_at), quantity, amount)
          ELSE ''
        END AS alone
      FROM (typed_lines)
    )
  )
)
