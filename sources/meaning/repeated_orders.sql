-- How many orders have several rows in one file; files may overlap.
SELECT count(*) FROM (SELECT 1 FROM raw WHERE the_order IS NOT NULL GROUP BY file, the_order HAVING count(*) > 1)
