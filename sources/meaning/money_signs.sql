-- The signs and codes of money beside numbers.
SELECT list(DISTINCT sign ORDER BY sign) FILTER (sign != '')
FROM (
  SELECT regexp_extract(text, '^[-+(−'']?\s*((?:US|R)?\$|[€£¥₹₽₺]|zł|kr|[A-Z]{3})\.?\s*[-−]?[0-9]', 1) AS sign
  FROM (SELECT the_text AS text FROM raw)
  UNION ALL
  SELECT regexp_extract(text, '[0-9.,]\s*(\$|[€£¥₹₽₺]|zł|kr|[A-Z]{3})\.?[)-]?$', 1)
  FROM (SELECT the_text AS text FROM raw)
)
