-- Whether all numbers are whole, and the median of those that are not 0.
SELECT coalesce(bool_and(the_number = floor(the_number)), FALSE), median(abs(the_number)) FILTER (the_number != 0) FROM raw
