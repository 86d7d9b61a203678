-- The paths to values in the members of a list, of each form of members one, through at most four maps.
WITH RECURSIVE
  members AS (
    SELECT any_value(value) AS value
    FROM (SELECT unnest(json_extract(doc, the_list)) AS value FROM raw)
    WHERE json_type(value) = 'OBJECT'
    GROUP BY hash(CAST(json_structure(value) AS VARCHAR))
    LIMIT 2000
  ),
  walked AS (
    SELECT CAST(NULL AS VARCHAR) AS path, value, 0 AS depth FROM members
    UNION ALL
    SELECT concat_ws('.', path, key), json_extract(value, '$."' || key || '"'), depth + 1
    FROM (
      SELECT path, value, depth, unnest(json_keys(value)) AS key
      FROM walked
      WHERE json_type(value) = 'OBJECT' AND depth < 5
    )
    WHERE NOT regexp_matches(key, '[.\[\]"\\]')
  )
SELECT list_sort(list(DISTINCT path)) FROM walked WHERE path IS NOT NULL AND json_type(value) NOT IN ('OBJECT', 'ARRAY')
