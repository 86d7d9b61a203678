-- Of the rows without a customer: whether a column is filled in each, and how many values it has there.
SELECT count(the_column) = count(*), count(DISTINCT the_column) FROM raw WHERE the_customer IS NULL
