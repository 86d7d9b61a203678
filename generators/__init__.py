"""Jobs that make one day's records, as the contracts have them."""
