-- Which of some words for nobody have several e-mail addresses, as they are written.
SELECT coalesce(list(name ORDER BY name), [])
FROM (
  SELECT the_name AS name
  FROM raw
  WHERE lower(the_name) IN (the_words)
  GROUP BY the_name
  HAVING count(DISTINCT lower(the_address)) > 1
)
