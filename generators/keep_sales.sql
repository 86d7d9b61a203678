-- The accepted sales, in the order in which they stand in the files.
copy (select * exclude (n) from sales)
