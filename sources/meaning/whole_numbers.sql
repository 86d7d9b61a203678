-- Whether all numbers are whole, and the largest.
SELECT coalesce(bool_and(the_number = floor(the_number)), FALSE), max(abs(the_number)) FROM raw
