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

-- One spelling of a text with odd blanks or letters of several characters.
CREATE OR REPLACE MACRO plain_text(text) AS regexp_replace(nfc_normalize(text), '[\s\x{a0}\x{202f}]+', ' ', 'g');

-- An e-mail address in lower case, without a name before it: Ann <ann@example.org>.
CREATE OR REPLACE MACRO plain_address(text) AS
  lower(CASE
    WHEN contains(text, '<') OR contains(text, ':') THEN coalesce(nullif(regexp_extract(text, '[^\s<>:;,"]+@[^\s<>:;,"]+'), ''), text)
    ELSE text
  END);
