-- Whether any of the amounts has a point, whether any has a comma, and whether any of the other numbers has either.
SELECT
  coalesce(bool_or(contains(amount, '.')), FALSE),
  coalesce(bool_or(contains(amount, ',')), FALSE),
  coalesce(bool_or(regexp_matches(other, '[.,]')), FALSE)
FROM (SELECT concat_ws(' ', the_amounts) AS amount, the_other AS other FROM the_table)
