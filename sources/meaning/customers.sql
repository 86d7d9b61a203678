-- How many rows have a customer, and how many customers there are.
SELECT count(the_customer), count(DISTINCT the_customer) FROM raw
