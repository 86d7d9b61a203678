-- The rows of a user's own table as documents: those of an order together, in a sequence that is the same each time.
-- A row without an order number is an order of its own.
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
