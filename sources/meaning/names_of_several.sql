-- How many names have several e-mail addresses: several people of one name, or one customer with several addresses.
SELECT count(*)
FROM (SELECT the_name AS name FROM raw GROUP BY the_name HAVING count(DISTINCT lower(the_address)) > 1)
