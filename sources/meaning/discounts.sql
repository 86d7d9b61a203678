-- The smallest and the largest discount, how many there are, and how many are written as percentages.
SELECT min(discount), max(discount), count(*) FILTER (discount != 0), count(*) FILTER (contains(text, '%'))
FROM (SELECT the_discount AS discount, the_text AS text FROM raw)
