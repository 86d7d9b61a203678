-- How many prices there are if the column has those of lines, and if it has those of pieces; the fewer are the real ones.
SELECT count(DISTINCT round(CAST(price AS DOUBLE) / CAST(quantity AS DOUBLE), 2)), count(DISTINCT price)
FROM (SELECT the_price AS price, the_quantity AS quantity FROM raw LIMIT 200000)
WHERE quantity > 0 AND price > 0
