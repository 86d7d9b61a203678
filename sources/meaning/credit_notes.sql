-- Orders whose numbers begin as those of credit notes do, while most do not, and which count as sales: how many, and the first
-- of them with its row.
SELECT
  count(DISTINCT order_text) FILTER (is_credit AND NOT came_back),
  min(n) FILTER (is_credit AND NOT came_back),
  min_by(order_text, n) FILTER (is_credit AND NOT came_back),
  count(DISTINCT order_text) FILTER (is_credit) / count(DISTINCT order_text)
FROM (
  SELECT
    n,
    order_text,
    came_back OR status != 'completed' AS came_back,
    regexp_matches(order_text, '(?i)^#?(c|cn|cm|crn?|cred(it)?|gs|gut|gutschrift|av|avoir|nc|ret|return|rma|ref|refund|rf|storno|кор|возврат)[-_/ .#]?[0-9]')
      AS is_credit
  FROM money
  WHERE accepted AND order_text IS NOT NULL AND amount != 0
)
