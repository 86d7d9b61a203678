-- The rows of somebody's own table as documents: those of an order together, in an order that every reading repeats.
-- A row without an order's number is an order of its own.
WITH
  picked AS (SELECT ${columns} FROM ${source}),
  documents AS (
    SELECT
      TRIM(CAST(${order} AS STRING)) AS order_id,
      TRIM(CAST(${line} AS STRING)) AS line_id,
      TO_JSON_STRING(picked) AS document
    FROM picked
  )
SELECT IFNULL(NULLIF(order_id, ''), TO_HEX(SHA256(document))) AS id, NULLIF(line_id, '') AS line_id, document
FROM documents
ORDER BY id, line_id, document
