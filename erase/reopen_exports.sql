-- The next run reads the exports again; and since stg_sales_exports names one that does not exist, that run rebuilds
-- all versions, as described in dataform/includes/versions.js.
DELETE FROM `${project}.${staging_dataset}.stg_sales_rows` WHERE export_id IN UNNEST(@export_ids);

DELETE FROM `${project}.${staging_dataset}.stg_sales_exports`
WHERE export_id = 'erased' OR export_id IN UNNEST(@export_ids);

INSERT INTO `${project}.${staging_dataset}.stg_sales_exports` (export_id) VALUES ('erased')
