-- Blank cells of some columns get the value above them in the same file.
CREATE TABLE filled AS
SELECT * EXCLUDE (is_filled) REPLACE (the_filled)
FROM (
  SELECT * REPLACE (the_trimmed), coalesce(the_others) IS NOT NULL AND NOT (the_total) AS is_filled
  FROM raw
)
WINDOW above AS (PARTITION BY file ORDER BY n ROWS UNBOUNDED PRECEDING)
ORDER BY n;

CREATE OR REPLACE VIEW raw AS FROM filled;
