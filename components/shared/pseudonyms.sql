-- The pseudonyms of customers by the shop's ids, as dataform/includes/pseudonym.js makes them; NULL for an empty id.
-- The key stays in BigQuery. The digest is keyed as well: only somebody with the key and an id can tell whom a
-- certificate of an erasure is about.
SELECT
  shop_id,
  TO_HEX(SHA256(CONCAT(secret, ':', TO_HEX(SHA256(CONCAT(secret, ':', customer)))))) AS customer_key,
  TO_HEX(SHA256(CONCAT('erased:', secret, ':', TO_HEX(SHA256(CONCAT('erased:', secret, ':', customer)))))) AS digest
FROM (SELECT shop_id, NULLIF(TRIM(shop_id), '') AS customer FROM UNNEST(@shop_ids) AS shop_id)
CROSS JOIN (SELECT TO_JSON_STRING(key) AS secret FROM `${project}.${keys_dataset}.${key_table}`)
ORDER BY shop_id
