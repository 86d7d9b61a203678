"""Jobs that generate a day's records according to the contracts."""
