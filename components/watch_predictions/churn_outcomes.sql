-- The outcomes of the predictions whose windows have closed since the last run: mostly those of one day. The dates
-- are constants, so that only that day's partition is read and, of the sales, only those of its window. A quarter
-- more than the horizon, for batches that run once a month or a quarter, and for a horizon that was longer before.
DECLARE due_dates ARRAY<DATE> DEFAULT ARRAY(
  SELECT prediction_date
  FROM UNNEST(GENERATE_DATE_ARRAY(
    DATE_SUB(@as_of, INTERVAL @horizon_days + GREATEST(@horizon_days, 92) DAY),
    DATE_SUB(@as_of, INTERVAL @horizon_days DAY)
  )) AS prediction_date
  WHERE prediction_date NOT IN (SELECT prediction_date FROM `${project}.${warehouse_dataset}.churn_outcomes`)
);
DECLARE first_due DATE DEFAULT (
  SELECT MIN(prediction_date)
  FROM `${project}.${warehouse_dataset}.fact_predictions_churn`
  WHERE prediction_date IN UNNEST(due_dates)
);
DECLARE last_closed DATE DEFAULT (
  SELECT MAX(DATE_ADD(prediction_date, INTERVAL horizon_days DAY))
  FROM `${project}.${warehouse_dataset}.fact_predictions_churn`
  WHERE prediction_date IN UNNEST(due_dates) AND DATE_ADD(prediction_date, INTERVAL horizon_days DAY) <= @as_of
);

INSERT INTO `${project}.${warehouse_dataset}.churn_outcomes`
  (prediction_date, horizon_days, model_version, customers, predicted, churned, log_loss, brier)
WITH due AS (
  SELECT
    prediction_date,
    horizon_days,
    model_version,
    customer_key,
    LEAST(GREATEST(churn_probability, 1e-6), 1 - 1e-6) AS probability
  FROM `${project}.${warehouse_dataset}.fact_predictions_churn`
  WHERE prediction_date IN UNNEST(due_dates)
    AND DATE_ADD(prediction_date, INTERVAL horizon_days DAY) <= @as_of
),

stayed AS (
  SELECT DISTINCT due.prediction_date, due.customer_key
  FROM due
  INNER JOIN `${project}.${warehouse_dataset}.fct_sales` AS sale
    ON sale.customer_key = due.customer_key
    AND sale.status = 'completed'
    AND sale.sale_date >= first_due
    AND sale.sale_date < last_closed
    AND sale.sale_date >= due.prediction_date
    AND sale.sale_date < DATE_ADD(due.prediction_date, INTERVAL due.horizon_days DAY)
),

judged AS (
  SELECT due.*, stayed.customer_key IS NULL AS has_churned
  FROM due
  LEFT JOIN stayed
    ON stayed.prediction_date = due.prediction_date AND stayed.customer_key = due.customer_key
)

-- Rounded, since sums in no fixed order differ in their last digits each time.
SELECT
  prediction_date,
  MAX(horizon_days),
  MAX(model_version),
  COUNT(*),
  ROUND(AVG(probability), 9),
  COUNTIF(has_churned) / COUNT(*),
  ROUND(AVG(-LN(IF(has_churned, probability, 1 - probability))), 9),
  ROUND(AVG(POW(probability - IF(has_churned, 1, 0), 2)), 9)
FROM judged
GROUP BY prediction_date;

SELECT prediction_date, model_version, customers, predicted, churned, log_loss, brier
FROM `${project}.${warehouse_dataset}.churn_outcomes`
WHERE DATE_ADD(prediction_date, INTERVAL horizon_days DAY) <= @as_of
ORDER BY prediction_date DESC
LIMIT 12;
