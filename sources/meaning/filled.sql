-- How many rows there are, and how many have an order, a customer and a time.
SELECT count(*), count(the_order), count(the_customer), count(the_time) FROM raw
