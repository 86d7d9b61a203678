-- The keys of the first member of a list, in the first documents.
SELECT list_sort(list_distinct(coalesce(flatten(list(keys)), [])))
FROM (
  SELECT json_keys(json_extract(doc, the_list)) AS keys
  FROM raw
  WHERE json_type(json_extract(doc, the_list)) = 'OBJECT'
  LIMIT 100
)
