-- How many rows say that a sale was undone, but count in full: by their status, or because they have none.
SELECT count(*) FILTER (WHERE the_undone AND (the_status IS NULL OR the_completed))
FROM raw
