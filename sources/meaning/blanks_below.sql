-- Of the first million rows: how many have an amount and are no totals; how many of these lack a time and an order or a
-- customer of their own; an order and a customer, without another time than the row above; a customer; an order; an
-- order only, with the customer and the time of the row above; and a part of the customer. What another row of the order
-- says is not lacking.
SELECT
  count(*),
  count(*) FILTER (time IS NULL AND (order_text IS NULL OR customer IS NULL)),
  count(*) FILTER (order_text IS NULL AND customer IS NULL AND time IS NOT DISTINCT FROM coalesce(time_above, time)),
  count(*) FILTER (customer IS NULL),
  count(*) FILTER (order_text IS NULL),
  count(*) FILTER (order_text IS NULL AND customer = customer_above AND time = time_above),
  count(*) FILTER (is_partial)
FROM (
  SELECT
    *,
    lag(customer) OVER (PARTITION BY file ORDER BY n) AS customer_above,
    lag(time) OVER (PARTITION BY file ORDER BY n) AS time_above
  FROM (
    SELECT
      n,
      file,
      order_text,
      is_partial,
      CASE WHEN order_text IS NULL THEN customer ELSE max(customer) OVER (PARTITION BY file, order_text) END AS customer,
      CASE WHEN order_text IS NULL THEN time ELSE max(time) OVER (PARTITION BY file, order_text) END AS time
    FROM (
      SELECT
        n,
        file,
        the_order AS order_text,
        the_customer AS customer,
        the_time AS time,
        the_amount AS amount,
        the_partial AS is_partial,
        -- Most rows lack nothing, and need not be looked through.
        CASE WHEN the_order IS NULL OR the_customer IS NULL OR the_time IS NULL THEN the_total ELSE FALSE END AS is_total
      FROM raw
      WHERE n <= 1000000
    )
    WHERE amount IS NOT NULL AND NOT is_total
  )
)
