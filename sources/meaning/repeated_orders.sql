-- How many orders have several rows.
SELECT count(*) FROM (SELECT 1 FROM raw WHERE the_order IS NOT NULL GROUP BY the_order HAVING count(*) > 1)
