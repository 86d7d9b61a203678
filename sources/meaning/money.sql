-- The third view: what each line cost and how much of it was kept, in whole cents, and the status that follows.
WITH
  counted AS (
    SELECT *, left_out IS NULL AND unread IS NULL AND set_aside IS NULL AS accepted
    FROM typed
  ),
  priced AS (
    SELECT
      *,
      is_of_a_returned_kind OR (getvariable('negative') AND (amount < 0 OR quantity < 0)) AS came_back,
      -- With a whole quantity no decimals need to be dropped: dropping them from a wide number is thirty times slower.
      CASE
        WHEN getvariable('means') != 'unit_price' THEN CAST(abs(amount) AS DECIMAL(22, 8))
        WHEN quantity = round(quantity) THEN CAST(abs(amount * CAST(quantity AS DECIMAL(10, 0))) AS DECIMAL(22, 8))
        ELSE CAST(abs(amount * quantity) AS DECIMAL(22, 8))
      END AS price
    FROM counted
  ),
  discounted AS (
    SELECT
      *,
      coalesce(
        CASE getvariable('discount')
          WHEN 'fraction' THEN round(price * (1 - CAST(discount AS DECIMAL(10, 6))), 2)
          WHEN 'percent' THEN round(price * (100 - CAST(discount AS DECIMAL(10, 6))) * 0.01, 2)
          WHEN 'line_amount' THEN round(price - discount, 2)
          WHEN 'unit_amount' THEN round(price - discount * abs(quantity), 2)
        END,
        round(price, 2)
      ) AS net
    FROM priced
  ),
  whole AS (
    SELECT
      *,
      CAST(net * 100 AS HUGEINT) AS cents,
      CAST(round(refunded, 2) * 100 AS HUGEINT) AS refunded_cents,
      CAST(round(control, 2) * 100 AS HUGEINT) AS control_cents,
      CAST(round(discount, 2) * 100 AS HUGEINT) AS discount_cents
    FROM discounted
  ),
  gross AS (order_gross),
  final AS (
    SELECT
      *,
      CASE
        WHEN status_told = 'cancelled' THEN 'cancelled'
        WHEN came_back THEN 'refunded'
        WHEN gross_cents = 0 THEN 'cancelled'
        WHEN back_cents >= gross_cents THEN 'refunded'
        WHEN status_told = 'partly_refunded' OR (status_told = 'refunded' AND back_cents > 0) THEN 'completed'
        ELSE status_told
      END AS status
    FROM gross
  )
SELECT
  * EXCLUDE (price, net, cents, refunded_cents, discount_cents, refunded, control),
  status = 'completed' OR status = 'pending' AS is_part_kept,
  CASE WHEN is_part_kept THEN gross_cents - back_cents ELSE gross_cents END AS kept_cents
FROM final
