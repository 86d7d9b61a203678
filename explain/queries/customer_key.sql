-- The pseudonym of a shop's own customer id, as dataform/includes/pseudonym.js makes it. The key stays in BigQuery.
SELECT TO_HEX(SHA256(CONCAT(key, ':', TO_HEX(SHA256(CONCAT(key, ':', NULLIF(TRIM(@shop_id), ''))))))) AS customer_key
FROM (SELECT TO_JSON_STRING(key) AS key FROM `${project}.${keys_dataset}.${key_table}`) AS made_text
