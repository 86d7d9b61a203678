-- The first document in which a map on known paths, or in a list, has a key twice; and the key. Documents with the same
-- keys are looked at only once.
WITH
  forms AS (SELECT min(rowid) AS row_id FROM records WHERE json_type(doc) = 'OBJECT' GROUP BY hash(the_keys)),
  repeated AS (
    SELECT rowid AS row_id, list_filter(the_keys, lambda keys: len(keys) != len(list_distinct(keys))) AS maps
    FROM records
    WHERE rowid IN (SELECT row_id FROM forms)
  )
SELECT row_id, list_filter(maps[1], lambda key: len(list_filter(maps[1], lambda each: each = key)) > 1)[1]
FROM repeated
WHERE len(maps) > 0
ORDER BY row_id
LIMIT 1
