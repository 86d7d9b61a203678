-- By currency: what was kept of completed lines, the amount of fully refunded sales, and the orders with a completed
-- line.
SELECT
  coalesce(currency, getvariable('usual_currency')) AS currency,
  coalesce(sum(kept_cents) FILTER (status = 'completed'), 0) AS kept,
  coalesce(sum(gross_cents) FILTER (status = 'refunded'), 0) AS back,
  count(DISTINCT order_key) FILTER (status = 'completed') AS orders
FROM money
WHERE accepted
GROUP BY 1
ORDER BY kept DESC, currency
