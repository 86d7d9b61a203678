-- customer_key is never NULL in fct_sales, and reading it would cost more than all else here.
SELECT MIN(sale_date) AS first_sale_date
FROM `${project}.${warehouse_dataset}.fct_sales`
WHERE status = 'completed' AND sale_date < @as_of
