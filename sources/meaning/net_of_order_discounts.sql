-- The discount of an order is split among its lines in proportion to what they cost, to the cent. It is told, or what they
-- cost after it is.
SELECT
  * EXCLUDE (total_cents, before_cents, own_cents, told_cents),
  CASE
    WHEN own_cents = 0 THEN cents
    ELSE cents - share(
      least(
        CASE
          WHEN getvariable('discount') = 'order_net' THEN greatest(total_cents - coalesce(told_cents, total_cents), 0)
          ELSE coalesce(told_cents, 0)
        END,
        total_cents
      ),
      before_cents - own_cents, own_cents, total_cents
    )
  END AS gross_cents
FROM (
  SELECT
    *,
    sum(own_cents) OVER the_order AS total_cents,
    sum(own_cents) OVER up_to_here AS before_cents,
    max(CASE WHEN accepted THEN discount_cents END) OVER the_order AS told_cents
  FROM (SELECT *, CASE WHEN accepted AND NOT came_back THEN cents ELSE 0 END AS own_cents FROM whole)
  WINDOW the_order AS (PARTITION BY order_key), up_to_here AS (PARTITION BY order_key ORDER BY n, item_at)
)
