-- Each path to a value of the first documents, in order of appearance: a key, or keys joined by dots through maps; and
-- whether it holds lists, or maps without paths into them: empty ones, and those whose keys are many or have dots.
WITH RECURSIVE
  walked AS (
    SELECT rowid AS row_id, CAST([] AS BIGINT[]) AS place, CAST(NULL AS VARCHAR) AS path, doc AS value, TRUE AS is_map
    FROM (SELECT rowid, doc FROM records WHERE json_type(doc) = 'OBJECT' LIMIT $documents)
    UNION ALL
    SELECT
      row_id, place, path, value,
      len(json_keys(value)) BETWEEN 1 AND $keys
        AND len(list_filter(json_keys(value), lambda each: regexp_matches(each, '[.\[\]"\\]'))) = 0 AS is_map
    FROM (
      SELECT
        row_id,
        list_append(place, i) AS place,
        concat_ws('.', path, json_keys(value)[i]) AS path,
        json_extract(value, '$."' || replace(replace(json_keys(value)[i], '\', '\\'), '"', '\"') || '"') AS value
      FROM walked, unnest(range(1, len(json_keys(value)) + 1)) AS places (i)
      WHERE is_map
    )
  )
SELECT path, bool_or(json_type(value) IN ('ARRAY', 'OBJECT'))
FROM walked
WHERE path IS NOT NULL AND NOT coalesce(is_map, FALSE)
GROUP BY path
ORDER BY min((row_id, place))
