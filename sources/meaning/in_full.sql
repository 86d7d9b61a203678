-- How many rows say that a sale was undone, and count in full: by their status, or since there is none.
SELECT count(*) FILTER (WHERE the_undone AND (the_status IS NULL OR the_completed))
FROM raw
