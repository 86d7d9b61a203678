-- The accepted lines in the form of the sale's contract, in the file's order.
-- An id is made from what a later, longer export repeats for the same line: the order and the line's own number or
-- its product; without an order, the customer, the instant and what was paid. Never from what is corrected later.
WITH
  keyed AS (
    SELECT
      *,
      CASE
        WHEN order_text IS NULL THEN
          concat_ws(chr(30), customer, epoch_us(sold_at), plain_decimal(quantity), plain_decimal(amount))
        ELSE ''
      END AS alone
    FROM money
    WHERE accepted
  ),
  numbered AS (
    SELECT
      *,
      row_number() OVER (
        PARTITION BY file, order_text, line_text, product, alone ORDER BY quantity, amount, n, item_at
      ) AS occurrence
    FROM keyed
  )
SELECT
  n,
  sale_id_of_line AS sale_id,
  CASE WHEN getvariable('hash_email') AND contains(customer, '@') THEN sha256(customer) ELSE customer END
    AS customer_id,
  utc_text(sold_at) AS sale_timestamp,
  coalesce(product, 'unknown') AS product_id,
  coalesce(category, 'unknown') AS product_category,
  CAST(greatest(1, round(abs(quantity))) AS BIGINT) AS quantity,
  CAST(kept_cents AS DOUBLE) / 100 / CAST(greatest(1, round(abs(quantity))) AS BIGINT) AS unit_price,
  CAST(kept_cents AS DOUBLE) / 100 AS total_amount,
  coalesce(currency, getvariable('usual_currency')) AS currency,
  status,
  'unknown' AS payment_method,
  read_channel(channel) AS channel,
  sha256(email) AS contact_email_hashed,
  NULL::VARCHAR AS credit_card_last4,
  getvariable('schema_version') AS schema_version,
  order_id_of_line AS order_id,
  CASE WHEN is_part_kept AND back_cents > 0 THEN CAST(back_cents AS DOUBLE) / 100 END AS refunded_amount,
  getvariable('source') AS source
FROM numbered
ORDER BY n, item_at
