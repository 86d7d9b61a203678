-- Where the past before the day looks different today: sales that have changed, are gone, or were not known then.
WITH
  known AS (
    SELECT *
    FROM `${project}.${warehouse_dataset}.fct_sale_versions`
    WHERE
      customer_key = @customer_key
      AND sale_date < @on AND known_from_date < @on AND @on <= known_until_date
  ),

  today AS (
    SELECT *
    FROM `${project}.${warehouse_dataset}.fct_sale_versions`
    WHERE
      known_until IS NULL
      AND (
        (customer_key = @customer_key AND sale_date < @on)
        OR sale_id IN (SELECT sale_id FROM known)
      )
  ),

  ended AS (
    SELECT sale_id, MAX(known_until_date) AS ended_on
    FROM `${project}.${warehouse_dataset}.fct_sale_versions`
    WHERE sale_id IN (SELECT sale_id FROM known)
    GROUP BY sale_id
  )

SELECT
  COALESCE(known.sale_id, today.sale_id) AS sale_id,
  CASE
    WHEN today.sale_id IS NULL THEN 'gone'
    WHEN known.sale_id IS NULL THEN 'not known then'
    WHEN today.customer_key != @customer_key THEN 'of another customer'
    ELSE 'changed'
  END AS how,
  COALESCE(today.known_from_date, ended_on) AS since,
  known.sale_date AS known_sale_date,
  today.sale_date AS today_sale_date,
  known.product_category AS known_product_category,
  today.product_category AS today_product_category,
  known.quantity AS known_quantity,
  today.quantity AS today_quantity,
  known.total_amount AS known_total_amount,
  today.total_amount AS today_total_amount,
  known.currency AS known_currency,
  today.currency AS today_currency,
  known.status AS known_status,
  today.status AS today_status,
  COUNT(*) OVER () AS sales
FROM known
FULL JOIN today ON today.sale_id = known.sale_id
LEFT JOIN ended ON ended.sale_id = known.sale_id
WHERE
  known.sale_id IS NULL
  OR today.sale_id IS NULL
  OR today.customer_key != @customer_key
  OR known.sale_date IS DISTINCT FROM today.sale_date
  OR known.product_category IS DISTINCT FROM today.product_category
  OR known.quantity IS DISTINCT FROM today.quantity
  OR known.total_amount IS DISTINCT FROM today.total_amount
  OR known.currency IS DISTINCT FROM today.currency
  OR known.status IS DISTINCT FROM today.status
ORDER BY COALESCE(known.sale_date, today.sale_date) DESC, sale_id
LIMIT 20
