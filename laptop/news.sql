-- What changed in a day's predictions since the last ones before them, at most a month ago; no row if there are none.
WITH recent AS (
  SELECT prediction_date, customer_key, risk_band, model_version
  FROM `${project}.${warehouse}.fact_predictions_churn`
  WHERE prediction_date BETWEEN DATE_SUB(@as_of, INTERVAL 31 DAY) AND @as_of
),
earlier AS (
  SELECT MAX(prediction_date) AS day FROM recent WHERE prediction_date < @as_of
),
before AS (
  SELECT * FROM recent WHERE prediction_date = (SELECT day FROM earlier)
),
now AS (
  SELECT * FROM recent WHERE prediction_date = @as_of
)
SELECT
  (SELECT day FROM earlier) AS since,
  COUNTIF(now.risk_band = 'high' AND before.risk_band != 'high') AS newly_high,
  COUNTIF(before.risk_band = 'high' AND now.risk_band != 'high') AS no_longer_high,
  COUNTIF(before.customer_key IS NULL) AS new_customers,
  COUNTIF(now.customer_key IS NULL) AS gone_customers,
  MAX(now.model_version) != MAX(before.model_version) AS is_another_model
FROM now
FULL JOIN before USING (customer_key)
HAVING (SELECT day FROM earlier) IS NOT NULL;
