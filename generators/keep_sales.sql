-- The accepted sales, in the order of the files.
copy (select * exclude (n) from sales)
