-- How many times are written with the day before the month, the least of these days; how many as ISO 8601, and the
-- greatest day of these.
SELECT count(day_first), min(day_first), count(iso_day), max(iso_day)
FROM (
  SELECT
    CASE WHEN NOT is_iso THEN try_cast(regexp_extract(time_text, '^([0-9]{1,2})[-/.][0-9]{1,2}[-/.][0-9]{2,4}', 1) AS INT) END AS day_first,
    CASE WHEN is_iso THEN try_cast(substring(time_text, 9, 2) AS INT) END AS iso_day
  FROM (SELECT time_text, substring(time_text, 5, 1) = '-' AS is_iso FROM lines)
)
