-- The shapes of all times of each file that have a digit but zero, with every digit a nine: an example, how many there
-- are, the largest first and second number before a separator, and the smallest first one.
SELECT
  file,
  translate(time_text, '012345678', '999999999') AS shape,
  any_value(time_text) AS example,
  count(*) AS times,
  max(try_cast(regexp_extract(day_first, '^([0-9]{1,2})[-/. ]', 1) AS INT)) AS first_number,
  max(try_cast(regexp_extract(day_first, '^[0-9]{1,2}[-/. ]([0-9]{1,2})[-/. ]', 1) AS INT)) AS second_number,
  min(try_cast(regexp_extract(day_first, '^([0-9]{1,2})[-/. ]', 1) AS INT)) AS least_first
-- A time whose fifth character is a dash has the year first; one with a colon before it has the day after the clock.
FROM (
  SELECT
    file,
    time_text,
    CASE
      WHEN substring(time_text, 3, 1) = ':' OR substring(time_text, 2, 1) = ':' THEN regexp_replace(time_text, '^[0-9:]+,? ', '')
      WHEN substring(time_text, 5, 1) != '-' THEN time_text
    END AS day_first
  FROM lines
)
WHERE time_text IS NOT NULL AND time_text != getvariable('time_field') AND regexp_matches(time_text, '[1-9]')
GROUP BY file, shape
QUALIFY row_number() OVER (PARTITION BY file ORDER BY count(*) DESC, shape) <= 500
ORDER BY times DESC, shape, file
