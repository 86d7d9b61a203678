SELECT customer_key, customer_id
FROM `${project}.${contacts}.customer_ids`
WHERE customer_key IN UNNEST(@keys)
