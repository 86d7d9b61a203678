DELETE FROM `${project}.${dataset}.${table}`
WHERE EXISTS (SELECT value FROM UNNEST([${columns}]) AS value WHERE value IN UNNEST(@values))
