-- For each of some columns, whether all texts among its first ones match a pattern, and there are some.
SELECT coalesce(bool_and(regexp_matches(nullif(COLUMNS(*), ''), 'the_pattern')), FALSE)
FROM (SELECT the_columns FROM raw LIMIT 1000)
