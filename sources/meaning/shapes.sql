-- The shapes of all times, every digit a nine: an example, the greatest first and second number
-- before a sign, and the least first.
SELECT
  translate(time_text, '012345678', '999999999') AS shape,
  any_value(time_text) AS example,
  count(*) AS times,
  max(try_cast(regexp_extract(time_text, '^([0-9]{1,2})[-/. ]', 1) AS INT)) AS first_number,
  max(try_cast(regexp_extract(time_text, '^[0-9]{1,2}[-/. ]([0-9]{1,2})[-/. ]', 1) AS INT)) AS second_number,
  min(try_cast(regexp_extract(time_text, '^([0-9]{1,2})[-/. ]', 1) AS INT)) AS least_first
FROM lines
WHERE time_text IS NOT NULL AND time_text != getvariable('time_field')
GROUP BY shape
ORDER BY times DESC, shape
LIMIT 500
