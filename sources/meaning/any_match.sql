-- Whether a condition holds in some row.
SELECT coalesce(bool_or(the_condition), FALSE) FROM raw
