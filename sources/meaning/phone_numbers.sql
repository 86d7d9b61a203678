-- How many phone numbers are in several spellings, with and without the country or with other separators, and one pair:
-- numbers that begin with a plus or a zero, and whose last nine digits are the same.
SELECT count(*), min_by(spellings, ending)
FROM (
  SELECT right(regexp_replace(customer, '[^0-9]', '', 'g'), 9) AS ending, list(DISTINCT customer ORDER BY customer) AS spellings
  FROM money
  WHERE accepted AND regexp_full_match(customer, '\(?[+0][-0-9 ()/.]{8,24}')
  GROUP BY ending
  HAVING length(ending) = 9 AND bool_or(regexp_matches(customer, '[^0-9]')) AND count(DISTINCT ltrim(customer, '+0')) > 1
)
