-- How many times are written with the day before the month, the least of these days; how many as ISO 8601, and the
-- greatest day of these.
SELECT count(day_first), min(day_first), count(iso_day), max(iso_day)
FROM (
  SELECT
    try_cast(regexp_extract(time_text, '^([0-9]{1,2})[-/.][0-9]{1,2}[-/.][0-9]{2,4}', 1) AS INT) AS day_first,
    try_cast(regexp_extract(time_text, '^[0-9]{4}-[0-9]{2}-([0-9]{2})', 1) AS INT) AS iso_day
  FROM lines
)
