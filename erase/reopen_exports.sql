-- The exports are read again by the next run; and since stg_sales_exports names one that is not there, that run works
-- all versions out again, as dataform/includes/versions.js has it.
DELETE FROM `${project}.${staging_dataset}.stg_sales_rows` WHERE export_id IN UNNEST(@export_ids);

DELETE FROM `${project}.${staging_dataset}.stg_sales_exports`
WHERE export_id = 'erased' OR export_id IN UNNEST(@export_ids);

INSERT INTO `${project}.${staging_dataset}.stg_sales_exports` (export_id) VALUES ('erased')
