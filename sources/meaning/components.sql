-- How many orders have amounts both in rows that are parts of others and in rows that are not.
SELECT count(*)
FROM (
  SELECT 1
  FROM raw
  GROUP BY file, the_order
  HAVING bool_or((the_part) AND the_amount != 0) AND bool_or(NOT (the_part) AND the_amount != 0)
)
