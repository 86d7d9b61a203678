-- From BigQuery's metadata on partitions, so that no sale is read; NULL for a table that has none.
SELECT MIN(SAFE.PARSE_DATE('%Y%m', partition_id)) AS month
FROM `${project}.${warehouse_dataset}.INFORMATION_SCHEMA.PARTITIONS`
WHERE table_name = 'fct_sales'
