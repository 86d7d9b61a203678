-- The pseudonyms of customers by the shop's ids, as dataform/includes/pseudonym.js makes them.
SELECT
  customer_id,
  TO_HEX(SHA256(CONCAT(secret, ':', TO_HEX(SHA256(CONCAT(secret, ':', customer_id)))))) AS customer_key
FROM UNNEST(@customers) AS customer_id
CROSS JOIN (SELECT TO_JSON_STRING(key) AS secret FROM `${project}.${keys_dataset}.${key_table}`)
