-- The second view: each line typed, with the reason why it is left out, rejected or unreadable.
WITH
  read AS (
    SELECT
      *,
      CASE
        WHEN order_text IS NULL OR getvariable('whole_documents') THEN 'row ' || n
        ELSE order_text
      END AS order_key,
      read_status(status_text) AS status_told,
      -- What MySQL and spreadsheets write for no date is rejected like others that are too early.
      CASE
        -- Most dates begin with another digit than 0, and need not be looked up.
        WHEN starts_with(time_text, '0000-00-00') OR starts_with(time_text, '1/0/') OR starts_with(time_text, '01/00/')
          OR starts_with(time_text, '00.01.1900') OR starts_with(time_text, '1900-01-00')
          OR (ascii(time_text) NOT BETWEEN ascii('1') AND ascii('9') AND list_contains(getvariable('no_dates'), lower(time_text)))
          THEN TIMESTAMPTZ '0001-01-01 00:00:00+00'
        ELSE read_instant(time_text, read_zone(zone_text), file)
      END AS sold_at,
      CASE
        WHEN minus_text IS NULL THEN read_number(amount_text, file)
        ELSE coalesce(read_number(amount_text, file), CASE WHEN amount_text IS NULL THEN 0 END) - read_number(minus_text, file)
      END AS amount_read,
      read_number(quantity_text, file) AS quantity_read,
      read_number(replace(discount_text, '%', ''), file) AS discount_read,
      read_number(refunded_text, file) AS refunded_read,
      read_number(control_text, file) AS control_read,
      coalesce(read_currency(currency_text), getvariable('currency')) AS currency,
      CASE
        WHEN regexp_full_match(who, '[0-9]+(\.0+|,00?)') THEN regexp_extract(who, '[0-9]+')
        WHEN contains(who, '@') THEN plain_address(who)
        WHEN contains(who, '  ') OR strlen(who) != length(who) THEN plain_text(who)
        ELSE who
      END AS customer
    FROM lines
  ),
  scaled AS (
    SELECT
      *,
      CASE
        WHEN list_contains(getvariable('no_minor_units'), currency) THEN 1.000
        WHEN list_contains(getvariable('thousandths'), currency) THEN 0.001
        ELSE 0.010
      END AS unit,
      time_text IS NULL AND amount_text IS NULL AND minus_text IS NULL AS is_blank,
      coalesce(status_told = 'cancelled', FALSE) AS is_cancelled
    FROM read
  )
SELECT
  n,
  file,
  document,
  item_at,
  order_text,
  order_key,
  line_text,
  product,
  category,
  channel,
  status_text,
  status_told,
  sold_at,
  CAST(CASE WHEN getvariable('minor_units') THEN coalesce(amount_read, 0) * unit ELSE coalesce(amount_read, 0) END AS DECIMAL(21, 8)) AS amount,
  CAST(coalesce(quantity_read, 1) AS DECIMAL(16, 6)) AS quantity,
  CAST(abs(discount_read) AS DECIMAL(18, 6)) AS discount,
  CAST(abs(coalesce(CASE WHEN getvariable('minor_units') THEN refunded_read * unit ELSE refunded_read END, 0)) AS DECIMAL(21, 8)) AS refunded,
  CAST(CASE WHEN getvariable('minor_units') THEN control_read * unit ELSE control_read END AS DECIMAL(21, 8)) AS control,
  currency,
  customer,
  who,
  plain_address(email) AS email,
  is_of_a_returned_kind,
  is_total_word,
  surplus,
  CASE
    WHEN amount_text = getvariable('amount_field') AND time_text = getvariable('time_field')
      THEN 'repeated column names'
    WHEN is_blank AND NOT getvariable('whole_documents') THEN 'blank or a footer'
    WHEN NOT is_kept THEN 'of another kind'
    WHEN is_total_word AND (sold_at IS NULL OR list_contains(getvariable('totals'), lower(rtrim(coalesce(order_text, who), ': '))))
      THEN 'a total line'
    WHEN sold_at IS NULL AND regexp_matches(concat_ws(chr(10), who, order_text, product, time_text), getvariable('names_total'))
      THEN 'a total line'
    WHEN is_without_item AND items_text IS NULL THEN 'without an item'
    WHEN customer IS NULL THEN 'nobody'
  END AS left_out,
  CASE
    WHEN items_text IS NOT NULL THEN 'items'
    -- Beside an unknown time zone no time can be read.
    WHEN zone_text IS NOT NULL AND read_zone(zone_text) IS NULL THEN 'time zone'
    WHEN sold_at IS NULL THEN 'time'
    WHEN status_told IS NULL THEN 'status'
    WHEN amount_read IS NULL AND NOT (is_cancelled AND amount_text IS NULL) THEN 'amount'
    WHEN quantity_text IS NOT NULL AND quantity_read IS NULL THEN 'quantity'
    WHEN discount_text IS NOT NULL AND discount_read IS NULL THEN 'discount'
    WHEN refunded_text IS NOT NULL AND refunded_read IS NULL THEN 'refunded amount'
    WHEN NOT coalesce(currency = getvariable('currency') OR list_contains(getvariable('currencies'), currency), is_cancelled AND NOT getvariable('whole_documents')) THEN 'currency'
    WHEN regexp_full_match(who, '[0-9]([.,][0-9]+)?[eE]\+[0-9]+') THEN 'customer'
    WHEN regexp_full_match(order_text, '[0-9]([.,][0-9]+)?[eE]\+[0-9]+') THEN 'order'
    WHEN contains(concat(who, order_text), chr(0)) THEN 'identifier'
  END AS unread,
  CASE
    WHEN sold_at < getvariable('earliest') THEN 'dated before ' || getvariable('earliest')::DATE
    WHEN sold_at >= getvariable('until') THEN 'of a later day than time.until'
    WHEN abs(amount_read) > 1e12 THEN 'an amount over 1e12'
  END AS set_aside
FROM scaled
