-- The signs and codes of currencies next to numbers; most texts are plain numbers, without any.
WITH
  texts AS (SELECT the_text AS text FROM raw),
  signed AS (SELECT text FROM texts WHERE try_cast(text AS DOUBLE) IS NULL)
SELECT list(DISTINCT sign ORDER BY sign) FILTER (sign != '')
FROM (
  SELECT regexp_extract(text, '^[-+(−'']?\s*((?:US|R)?\$|[€£¥₹₽₺]|zł|kr|[A-Z]{3})\.?\s*[-−]?[0-9]', 1) AS sign
  FROM signed
  UNION ALL
  SELECT regexp_extract(text, '[0-9.,]\s*(\$|[€£¥₹₽₺]|zł|kr|[A-Z]{3})\.?[)-]?$', 1)
  FROM signed
)
