-- The signs and codes of currencies next to numbers; most texts are plain numbers, without any.
WITH
  texts AS (SELECT the_text AS text FROM raw),
  signed AS (SELECT text FROM texts WHERE try_cast(text AS DOUBLE) IS NULL)
SELECT list(DISTINCT sign ORDER BY sign) FILTER (sign != '')
FROM (
  SELECT regexp_extract(text, '^[-+(−'']?\s*(the_signs)\.?\s*[-−]?[0-9]', 1) AS sign
  FROM signed
  UNION ALL
  SELECT regexp_extract(text, '[0-9.,]\s*(the_signs)\.?[)-]?$', 1)
  FROM signed
)
