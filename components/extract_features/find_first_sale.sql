-- customer_key is never NULL in fct_sale_versions, and reading it would cost more than everything else here.
SELECT MIN(sale_date) AS first_sale_date
FROM `${project}.${warehouse_dataset}.fct_sale_versions`
WHERE
  status = 'completed' AND sale_date < @sought_until
  AND known_from_date < @as_of AND @as_of <= known_until_date
