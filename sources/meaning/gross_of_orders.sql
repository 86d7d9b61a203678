    -- The refund of an order is split among its lines in proportion to what they cost, to the cent.
    SELECT
      * EXCLUDE (weight, order_cents, through_cents, order_refund, back_of_order),
      CASE
        WHEN getvariable('refunded_of') = 'line' THEN least(gross_cents, refunded_cents)
        WHEN weight = 0 THEN 0
        ELSE share(back_of_order, through_cents - weight, weight, order_cents)
      END AS back_cents
    FROM (
      SELECT
        *,
        -- A refund of an order's total covers what all its lines cost, whether the total includes shipping or not.
        CASE
          WHEN order_refund >= coalesce(nullif(max(control_cents) OVER the_order, 0), order_cents) THEN order_cents
          ELSE least(order_refund, order_cents)
        END AS back_of_order
      FROM (
        SELECT
          *,
          sum(weight) OVER the_order AS order_cents,
          sum(weight) OVER up_to_here AS through_cents,
          max(CASE WHEN accepted THEN refunded_cents ELSE 0 END) OVER the_order AS order_refund
        FROM (
          SELECT
            *,
            CASE WHEN accepted AND NOT came_back AND status_told != 'cancelled' THEN gross_cents ELSE 0 END AS weight
          FROM (net_of_orders)
        )
        WINDOW the_order AS (PARTITION BY order_key), up_to_here AS (PARTITION BY order_key ORDER BY n, item_at)
      )
      WINDOW the_order AS (PARTITION BY order_key)
    )
