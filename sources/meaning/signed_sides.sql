-- Whether all amounts of each side, such as debit and credit, have one sign, and the sides have both.
SELECT coalesce(bool_and(is_positive OR is_negative) AND bool_or(is_positive) AND bool_or(is_negative), FALSE)
FROM (
  SELECT bool_and(amount > 0) AS is_positive, bool_and(amount < 0) AS is_negative
  FROM (SELECT the_amount AS amount, lower(the_side) AS side FROM raw)
  WHERE side IS NOT NULL AND amount != 0
  GROUP BY side
)
