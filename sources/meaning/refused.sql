-- The lines that are not accepted, those that cannot be read or are set aside last, with the text that is at fault.
SELECT
  judged.n,
  coalesce(json_type(raw.doc) = 'OBJECT', FALSE) AS is_document,
  CASE WHEN judged.left_out IS NULL THEN judged.unread END AS unread,
  CASE judged.unread
    WHEN 'items' THEN left(items_text, 100)
    WHEN 'time' THEN time_text
    WHEN 'time zone' THEN zone_text
    WHEN 'status' THEN lines.status_text
    WHEN 'amount' THEN amount_text
    WHEN 'quantity' THEN quantity_text
    WHEN 'discount' THEN discount_text
    WHEN 'refunded amount' THEN refunded_text
    WHEN 'currency' THEN judged.currency
    WHEN 'order' THEN lines.order_text
    ELSE lines.who
  END AS text,
  CASE WHEN judged.left_out IS NULL THEN judged.set_aside END AS set_aside,
  judged.left_out
FROM judged
JOIN raw USING (n)
JOIN lines ON lines.n = judged.n AND lines.item_at IS NOT DISTINCT FROM judged.item_at
WHERE NOT judged.accepted
ORDER BY unread IS NOT NULL OR judged.set_aside IS NOT NULL, judged.n, judged.item_at DESC
