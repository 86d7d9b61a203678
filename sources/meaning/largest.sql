SELECT max(abs(the_number)) FROM raw
