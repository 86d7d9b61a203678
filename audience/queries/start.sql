-- Whether a customer is held out depends only on the customer and the campaign's name: 52 bits of a hash, as a share.
CREATE TEMP TABLE chosen AS
SELECT
  prediction_date, DATE_ADD(prediction_date, INTERVAL horizon_days DAY) AS closes_on, horizon_days, customer_key,
  IF(
    CAST(CONCAT('0x', SUBSTR(TO_HEX(SHA256(CONCAT(@campaign, '/', customer_key))), 1, 13)) AS INT64) / POW(2, 52)
    < @holdout_share, 'held_out', 'listed'
  ) AS arm,
  call_rank, segment, churn_probability, expected_spend, value, expected_loss, currency, days_since_last_purchase,
  product_category, channel, reasons, COUNT(*) OVER () AS available
FROM `${project}.${bi}.${view}`
WHERE @currency IN ('', currency)
QUALIFY ROW_NUMBER() OVER (ORDER BY call_rank) <= @top;

-- All or nothing. Customers who have joined another campaign since the view was read are left out.
MERGE `${project}.${warehouse}.retention_audiences` AS recorded
USING (
  WITH
    free AS (
      SELECT * FROM chosen
      WHERE NOT EXISTS (
        SELECT 1 FROM `${project}.${warehouse}.retention_audiences` AS other
        WHERE other.customer_key = chosen.customer_key AND other.closes_on > chosen.prediction_date
      )
    )
  SELECT * FROM free
  WHERE
    (SELECT COUNTIF(arm = 'held_out') FROM free) >= @least_held_out
    AND NOT EXISTS (
      SELECT campaign FROM `${project}.${warehouse}.retention_audiences` WHERE campaign = @campaign
    )
) AS free
ON FALSE
WHEN NOT MATCHED THEN INSERT (
  campaign, started_on, closes_on, horizon_days, customer_key, arm, holdout_share, call_rank, segment,
  churn_probability, expected_spend, value, expected_loss, currency, days_since_last_purchase, product_category,
  channel, reasons
) VALUES (
  @campaign, prediction_date, closes_on, horizon_days, customer_key, arm, @holdout_share, call_rank, segment,
  churn_probability, expected_spend, value, expected_loss, currency, days_since_last_purchase, product_category,
  channel, reasons
);

-- The same customers: those of this campaign, once recorded, can join no other.
SELECT
  @@row_count AS recorded,
  COUNT(*) AS customers,
  COUNTIF(arm = 'held_out') AS held_out,
  MAX(available) AS available,
  MIN(prediction_date) AS started_on,
  MIN(closes_on) AS closes_on
FROM chosen
WHERE NOT EXISTS (
  SELECT 1 FROM `${project}.${warehouse}.retention_audiences` AS other
  WHERE
    other.customer_key = chosen.customer_key
    AND other.closes_on > chosen.prediction_date
    AND other.campaign != @campaign
)
