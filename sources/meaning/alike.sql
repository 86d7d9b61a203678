-- Whether a condition holds in every row where its columns are filled, and in one at least.
SELECT coalesce(bool_and(the_condition), FALSE) FROM raw
