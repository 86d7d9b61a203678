-- For each of some columns, the alphabetically last of its first texts, if all of these have three letters.
SELECT CASE WHEN min(length(nullif(COLUMNS(*), ''))) = 3 AND max(length(COLUMNS(*))) = 3 THEN max(COLUMNS(*)) END
FROM (SELECT the_columns FROM raw LIMIT 1000)
