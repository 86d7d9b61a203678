-- For each of some columns, whether a text in it begins with a word for a cancellation or a return.
SELECT bool_or(regexp_matches(COLUMNS(*), 'the_pattern'))
FROM (SELECT the_columns FROM raw)
