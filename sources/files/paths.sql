-- Each path to a value of the first documents, in order of appearance: a key, or keys joined by dots through maps;
-- whether it is walked through, as that of a map; whether it holds lists, or maps, without paths into those that are
-- empty or whose keys are many or have dots; and the paths as JSON writes them, several where a key of its own has the
-- dots: {"a.b": 1} and {"a": {"b": 1}}. Blanks around a key are no part of its path.
-- Of later documents the first of each form counts as well, since a key may be there only where it has a value.
WITH RECURSIVE
  numbered AS (SELECT rowid AS row_id, doc FROM records WHERE json_type(doc) = 'OBJECT'),
  beginning AS (FROM numbered LIMIT $documents),
  forms AS (
    SELECT min(row_id) AS row_id
    FROM numbered
    WHERE row_id > (SELECT max(row_id) FROM beginning)
    GROUP BY hash(CAST(json_structure(doc) AS VARCHAR))
    ORDER BY row_id
    LIMIT $forms
  ),
  sample AS (FROM beginning UNION ALL SELECT row_id, doc FROM numbered JOIN forms USING (row_id)),
  walked AS (
    SELECT row_id, CAST([] AS BIGINT[]) AS place, CAST(NULL AS VARCHAR) AS path, '$' AS json_path, doc AS value, TRUE AS is_map
    FROM sample
    UNION ALL
    SELECT
      row_id, place, path, json_path || step AS json_path, value,
      len(json_keys(value)) BETWEEN 1 AND $keys
        AND len(list_filter(json_keys(value), lambda each: regexp_matches(each, '[.\[\]"\\]'))) = 0 AS is_map
    FROM (
      SELECT row_id, place, path, json_path, step, json_extract(value, '$' || step) AS value
      FROM (
        SELECT
          row_id, value, json_path,
          list_append(place, i) AS place,
          concat_ws(
            '.', path,
            coalesce(
              nullif(trim(json_keys(value)[i], ' ' || chr(9) || chr(10) || chr(13) || chr(160)), ''),
              json_keys(value)[i]
            )
          ) AS path,
          '."' || replace(replace(json_keys(value)[i], '\', '\\'), '"', '\"') || '"' AS step
        FROM walked, unnest(range(1, len(json_keys(value)) + 1)) AS places (i)
        WHERE is_map
      )
    )
  )
SELECT
  path, coalesce(is_map, FALSE) AS is_walked, bool_or(json_type(value) IN ('ARRAY', 'OBJECT')),
  list(DISTINCT json_path ORDER BY json_path DESC)
FROM walked
WHERE path IS NOT NULL
GROUP BY path, is_walked
ORDER BY min((row_id, place))
