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

-- All or nothing, leaving out customers who have joined another campaign since the view was read.
MERGE `${project}.${warehouse}.retention_audiences` AS recorded
USING (
  SELECT
    prediction_date, closes_on, horizon_days, customer_key, arm, call_rank, segment, churn_probability,
    expected_spend, value, expected_loss, currency, days_since_last_purchase, product_category, channel, reasons
  FROM chosen
  WHERE
    (SELECT COUNTIF(arm = 'held_out') FROM chosen) >= @least_held_out
    AND NOT EXISTS (
      SELECT campaign FROM `${project}.${warehouse}.retention_audiences` WHERE campaign = @campaign
    )
) AS chosen
ON recorded.customer_key = chosen.customer_key AND recorded.closes_on > chosen.prediction_date
WHEN NOT MATCHED THEN INSERT (
  campaign, started_on, closes_on, horizon_days, customer_key, arm, holdout_share, call_rank, segment,
  churn_probability, expected_spend, value, expected_loss, currency, days_since_last_purchase, product_category,
  channel, reasons
) VALUES (
  @campaign, prediction_date, closes_on, horizon_days, customer_key, arm, @holdout_share, call_rank, segment,
  churn_probability, expected_spend, value, expected_loss, currency, days_since_last_purchase, product_category,
  channel, reasons
);

SELECT
  COUNT(*) AS customers,
  COUNTIF(arm = 'held_out') AS held_out,
  MAX(available) AS available,
  MIN(prediction_date) AS started_on,
  MIN(closes_on) AS closes_on
FROM chosen
