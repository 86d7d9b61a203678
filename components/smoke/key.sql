SELECT COUNT(*) AS row_count
FROM `${project}.${keys_dataset}.pseudonym_key`
