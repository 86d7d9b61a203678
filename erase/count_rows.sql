SELECT
  COUNT(*) AS held,
  COUNTIF(EXISTS (SELECT value FROM UNNEST([${columns}]) AS value WHERE value IN UNNEST(@values))) AS theirs
FROM `${project}.${dataset}.${table}`
