-- What a change log of the extension firestore-bigquery-export says about each document in a span of time: its state
-- after its last event, in Firestore's order. A log that is set up well is partitioned by this time.
WITH
  events AS (
    SELECT
      REGEXP_EXTRACT(document_name, r'(?s)/documents/(.*)') AS path,
      `timestamp` AS committed_at,
      operation,
      IF(operation = 'DELETE', '', IFNULL(data, '')) AS data,
      -- An import reads documents some time before it logs them: an event in between is later than what it read.
      IF(operation = 'IMPORT', TIMESTAMP_SUB(`timestamp`, INTERVAL 10 MINUTE), `timestamp`) AS happened_at
    FROM `${changelog}`
    WHERE `timestamp` > @since AND `timestamp` <= @until
  ),
  placed AS (
    SELECT *, RANK() OVER (PARTITION BY path ORDER BY happened_at DESC, operation = 'IMPORT') AS place
    FROM events
  ),
  -- The same event may be logged twice, since delivery is at least once. Different states at one time are a
  -- contradiction that nothing resolves.
  final AS (
    SELECT
      path,
      MAX(IF(place = 1, committed_at, NULL)) AS update_time,
      MAX(IF(operation = 'CREATE', committed_at, NULL)) AS create_time,
      IFNULL(MIN(IF(operation = 'CREATE', happened_at, NULL)) = MIN(happened_at), FALSE) AS is_new,
      LOGICAL_OR(place = 1 AND operation = 'DELETE') AS is_gone,
      LOGICAL_OR(place = 1 AND operation = 'IMPORT') AS is_import,
      LOGICAL_OR(operation = 'IMPORT') AS has_import,
      COUNT(DISTINCT IF(place = 1, data, NULL)) AS states,
      MIN(IF(place = 1, data, NULL)) AS data,
      TO_HEX(MD5(CONCAT(MIN(IF(place = 1, data, NULL)), MAX(IF(place = 1, data, NULL))))) AS digest
    FROM placed
    GROUP BY path
  )
SELECT path, update_time, create_time, is_new, is_gone, is_import, has_import, states, data, digest
FROM final
ORDER BY SAFE_CAST(REGEXP_EXTRACT(CONCAT(path, '/'), r'/__id(-?[0-9]+)__/') AS INT64) NULLS LAST, path
