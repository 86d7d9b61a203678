-- How many customers are others but for zeros or a plus at the beginning of their number, and the two of one such pair.
SELECT count(*), min_by(spellings, number)
FROM (
  SELECT ltrim(customer, '+0') AS number, list(DISTINCT customer ORDER BY customer) AS spellings
  FROM money
  WHERE accepted AND regexp_full_match(customer, '\+?[0-9]+')
  GROUP BY number
)
WHERE len(spellings) > 1
