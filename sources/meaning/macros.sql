-- The share of a total that falls to a member of a sequence, by its weight; the shares add up to the total.
CREATE OR REPLACE MACRO share(total, weights_before, weight, weights) AS
  CASE WHEN weights > 0 THEN
    (2 * total * (weights_before + weight) + weights) // (2 * weights)
    - (2 * total * weights_before + weights) // (2 * weights)
  ELSE 0 END;

CREATE OR REPLACE MACRO plain_decimal(number) AS regexp_replace(CAST(number AS VARCHAR), '\.?0+$', '');

CREATE OR REPLACE MACRO utc_text(instant) AS
  strftime(timezone('UTC', instant), '%Y-%m-%dT%H:%M:%S')
  || CASE WHEN epoch_us(instant) % 1000000 = 0 THEN '' ELSE strftime(timezone('UTC', instant), '.%f') END || 'Z';
