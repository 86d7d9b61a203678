SELECT
  COUNT(*) AS customers,
  COUNTIF(risk_band = 'high') AS high_risk,
  COUNTIF(risk_band = 'medium') AS medium_risk,
  COUNTIF(risk_band = 'low') AS low_risk,
  COUNTIF(pipeline_run_id = @pipeline_run_id) AS changed
FROM `${project}.${warehouse_dataset}.fact_predictions_churn`
WHERE prediction_date = @as_of
