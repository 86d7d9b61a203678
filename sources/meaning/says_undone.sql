-- Of each of some columns, whether a text in it begins with a word for what was cancelled or went back.
SELECT bool_or(regexp_matches(COLUMNS(*), 'the_pattern'))
FROM (SELECT the_columns FROM raw)
