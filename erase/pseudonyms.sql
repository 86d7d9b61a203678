-- The pseudonym is that of dataform/includes/pseudonym.js. The digest is keyed as well: only
-- somebody with the key and an id can tell whom a certificate is about.
SELECT
  TO_HEX(SHA256(CONCAT(secret, ':', TO_HEX(SHA256(CONCAT(secret, ':', customer)))))) AS customer_key,
  TO_HEX(SHA256(CONCAT('erased:', secret, ':', TO_HEX(SHA256(CONCAT('erased:', secret, ':', customer)))))) AS digest
FROM UNNEST(@customers) AS customer
CROSS JOIN (SELECT TO_JSON_STRING(key) AS secret FROM `${project}.${keys_dataset}.${key_table}`)
ORDER BY customer
