-- The last of three or more accepted lines, what all others cost, what it costs, and whether a word in it says total.
SELECT
  max(n) AS last,
  sum(gross_cents) FILTER (n < last_n) AS others,
  sum(gross_cents) FILTER (n = last_n) AS own,
  bool_or(is_total_word) FILTER (n = last_n) AS said
FROM money, (SELECT max(n) AS last_n FROM money WHERE accepted)
WHERE accepted
HAVING count(*) > 2
