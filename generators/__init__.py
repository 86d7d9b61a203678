"""Jobs that make one day's records, and the data contracts they write (v2.0.0)."""
