-- What the numbers of a field tell about its decimal sign in each file: how many show a point, how many a comma, how many fit both
-- readings, and one of these. Three digits after the only sign may be thousands or thousandths, unless only a zero
-- precedes it. What follows the digits may have points itself, as in 12,50 лв.
SELECT
  file,
  count(*) FILTER (regexp_matches(a_text, '\.[0-9]{1,2}([^0-9.,][^0-9]*)?$|\.[0-9]{4,}([^0-9.,][^0-9]*)?$|,[0-9]{3}\.|,[0-9]{2,3},|^[^0-9]*0?\.[0-9]+([^0-9.,][^0-9]*)?$')),
  count(*) FILTER (regexp_matches(a_text, ',[0-9]{1,2}([^0-9.,][^0-9]*)?$|,[0-9]{4,}([^0-9.,][^0-9]*)?$|\.[0-9]{3},|\.[0-9]{3}\.|^[^0-9]*0?,[0-9]+([^0-9.,][^0-9]*)?$')),
  count(*) FILTER (regexp_matches(a_text, '^[^0-9]*[1-9][0-9]{0,2}[.,][0-9]{3}([^0-9.,][^0-9]*)?$')),
  any_value(a_text) FILTER (regexp_matches(a_text, '^[^0-9]*[1-9][0-9]{0,2}[.,][0-9]{3}([^0-9.,][^0-9]*)?$'))
FROM a_table
WHERE contains(a_text, '.') OR contains(a_text, ',')
GROUP BY file
ORDER BY min(n)
