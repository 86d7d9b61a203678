-- Make the day's partition what the scores say, in one statement, so that nobody ever reads half of it.
-- A row that would not change is left alone, and so keeps the run and the time that first wrote it.
MERGE `${project}.${warehouse_dataset}.fact_predictions_churn` AS prediction
USING (
  SELECT
    customer_key,
    churn_probability,
    CASE
      WHEN churn_probability >= @high_risk THEN 'high'
      WHEN churn_probability >= @medium_risk THEN 'medium'
      ELSE 'low'
    END AS risk_band,
    NTILE(10) OVER (ORDER BY churn_probability DESC, customer_key) AS decile,
    top_reasons
  FROM `${project}.${features_dataset}.${scores}`
) AS scored
ON prediction.prediction_date = @as_of AND prediction.customer_key = scored.customer_key
WHEN MATCHED AND (
  prediction.churn_probability != scored.churn_probability
  OR prediction.risk_band != scored.risk_band
  OR prediction.decile != scored.decile
  OR TO_JSON_STRING(prediction.top_reasons) != TO_JSON_STRING(scored.top_reasons)
  OR prediction.model_version != @model_version
  OR prediction.horizon_days != @horizon_days
) THEN UPDATE SET
  churn_probability = scored.churn_probability,
  risk_band = scored.risk_band,
  decile = scored.decile,
  top_reasons = scored.top_reasons,
  model_version = @model_version,
  horizon_days = @horizon_days,
  pipeline_run_id = @pipeline_run_id,
  scored_at = @scored_at
WHEN NOT MATCHED BY TARGET THEN INSERT (
  prediction_date, customer_key, churn_probability, risk_band, decile, top_reasons,
  model_version, as_of_date, horizon_days, pipeline_run_id, scored_at
) VALUES (
  @as_of, scored.customer_key, scored.churn_probability, scored.risk_band, scored.decile, scored.top_reasons,
  @model_version, @as_of, @horizon_days, @pipeline_run_id, @scored_at
)
WHEN NOT MATCHED BY SOURCE AND prediction.prediction_date = @as_of THEN DELETE
