-- What the numbers of a field tell of its decimal sign: a point, a comma, both readings fit, and such a number.
-- Three digits after the only sign may be thousands or thousandths, unless a zero alone stands before it.
SELECT
  count(*) FILTER (regexp_matches(a_text, '\.[0-9]{1,2}[^0-9.,]*$|\.[0-9]{4,}[^0-9.,]*$|,[0-9]{3}\.|,[0-9]{2,3},|^[^0-9]*0?\.[0-9]+[^0-9.,]*$')),
  count(*) FILTER (regexp_matches(a_text, ',[0-9]{1,2}[^0-9.,]*$|,[0-9]{4,}[^0-9.,]*$|\.[0-9]{3},|\.[0-9]{3}\.|^[^0-9]*0?,[0-9]+[^0-9.,]*$')),
  count(*) FILTER (regexp_matches(a_text, '^[^0-9]*[1-9][0-9]{0,2}[.,][0-9]{3}[^0-9.,]*$')),
  any_value(a_text) FILTER (regexp_matches(a_text, '^[^0-9]*[1-9][0-9]{0,2}[.,][0-9]{3}[^0-9.,]*$'))
FROM a_table
WHERE contains(a_text, '.') OR contains(a_text, ',')
