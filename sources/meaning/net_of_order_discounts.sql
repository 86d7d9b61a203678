-- The discount of an order is split among its lines in proportion to what they cost, to the cent.
SELECT
  * EXCLUDE (total_cents, before_cents, own_cents, off_cents),
  CASE
    WHEN own_cents = 0 THEN cents
    ELSE cents - share(least(off_cents, total_cents), before_cents - own_cents, own_cents, total_cents)
  END AS gross_cents
FROM (
  SELECT
    *,
    sum(own_cents) OVER the_order AS total_cents,
    sum(own_cents) OVER up_to_here AS before_cents,
    max(CASE WHEN accepted THEN discount_cents ELSE 0 END) OVER the_order AS off_cents
  FROM (SELECT *, CASE WHEN accepted AND NOT came_back THEN cents ELSE 0 END AS own_cents FROM whole)
  WINDOW the_order AS (PARTITION BY order_key), up_to_here AS (PARTITION BY order_key ORDER BY n, item_at)
)
