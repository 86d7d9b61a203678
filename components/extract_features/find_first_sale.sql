SELECT MIN(sale_date) AS first_sale_date
FROM `${project}.${warehouse_dataset}.fct_sales`
WHERE status = 'completed' AND customer_key IS NOT NULL AND sale_date < @as_of
