-- Replace the day's partition with the scores in one statement, so that nobody ever reads half of it.
-- ON FALSE is BigQuery's own way to delete and insert at once: with the day in WHEN NOT MATCHED BY SOURCE it touches
-- that partition alone, whereas a join to find the unmatched rows would read every prediction ever made.
-- A query into the decorated partition (WRITE_TRUNCATE) would replace the schema too, and a result's schema has neither
-- REQUIRED nor descriptions (nrkno/bigquery-scala #637).
-- A row that would not change keeps the run and the time that first wrote it.
-- The deciles are those of NTILE(10) OVER (ORDER BY churn_probability DESC, customer_key), which would sort all
-- customers on one machine. A probability has six decimal places, so at most 1,000,001 values: counting the customers
-- above each is cheap, and only those who share a value are sorted. Where the base rate is served, nobody is ranked:
-- the band is unknown and the decile 0.
MERGE `${project}.${warehouse_dataset}.fact_predictions_churn` AS prediction
USING (
  WITH
    scored AS (
      SELECT
        customer_key,
        churn_probability,
        CASE
          WHEN NOT @ranks THEN 'unknown'
          WHEN churn_probability >= @high_risk THEN 'high'
          WHEN churn_probability >= @medium_risk THEN 'medium'
          ELSE 'low'
        END AS risk_band,
        CAST(ROUND(churn_probability * 1000000) AS INT64) AS millionths,
        top_reasons,
        probability_alive,
        expected_next_purchase,
        expected_next_purchase_low,
        expected_next_purchase_high,
        expected_spend,
        expected_spend_low,
        expected_spend_high,
        value_at_risk,
        currency
      FROM `${project}.${features_dataset}.${scores}`
    ),
    levels AS (
      SELECT
        millionths,
        SUM(COUNT(*)) OVER (ORDER BY millionths DESC) - COUNT(*) AS above,
        DIV(SUM(COUNT(*)) OVER (), 10) AS tenth,
        MOD(SUM(COUNT(*)) OVER (), 10) AS larger -- how many tenths, the first ones, have one customer more
      FROM scored
      GROUP BY millionths
    ),
    placed AS (
      SELECT
        scored.*,
        IF(@ranks, above + ROW_NUMBER() OVER (PARTITION BY millionths ORDER BY customer_key) - 1, 0) AS ahead,
        tenth,
        larger
      FROM scored
      JOIN levels USING (millionths)
    ),
    ranked AS (
      SELECT
        *,
        CASE
          WHEN NOT @ranks THEN 0
          WHEN ahead < larger * (tenth + 1) THEN DIV(ahead, tenth + 1) + 1
          ELSE larger + DIV(ahead - larger * (tenth + 1), GREATEST(tenth, 1)) + 1
        END AS decile
      FROM placed
    ),
    before AS (
      SELECT
        customer_key, churn_probability, risk_band, decile, TO_JSON_STRING(top_reasons) AS reasons,
        probability_alive, expected_next_purchase, expected_next_purchase_low, expected_next_purchase_high,
        expected_spend, expected_spend_low, expected_spend_high, value_at_risk, currency,
        pipeline_run_id, scored_at
      FROM `${project}.${warehouse_dataset}.fact_predictions_churn`
      WHERE prediction_date = @as_of AND model_version = @model_version AND horizon_days = @horizon_days
    )
  SELECT
    ranked.customer_key,
    ranked.churn_probability,
    ranked.risk_band,
    ranked.decile,
    ranked.top_reasons,
    ranked.probability_alive,
    ranked.expected_next_purchase,
    ranked.expected_next_purchase_low,
    ranked.expected_next_purchase_high,
    ranked.expected_spend,
    ranked.expected_spend_low,
    ranked.expected_spend_high,
    ranked.value_at_risk,
    ranked.currency,
    IFNULL(before.pipeline_run_id, @pipeline_run_id) AS pipeline_run_id,
    IFNULL(before.scored_at, @scored_at) AS scored_at
  FROM ranked
  LEFT JOIN before
    ON before.customer_key = ranked.customer_key
    AND before.churn_probability = ranked.churn_probability
    AND before.risk_band = ranked.risk_band
    AND before.decile = ranked.decile
    AND before.reasons = TO_JSON_STRING(ranked.top_reasons)
    AND before.probability_alive IS NOT DISTINCT FROM ranked.probability_alive
    AND before.expected_next_purchase IS NOT DISTINCT FROM ranked.expected_next_purchase
    AND before.expected_next_purchase_low IS NOT DISTINCT FROM ranked.expected_next_purchase_low
    AND before.expected_next_purchase_high IS NOT DISTINCT FROM ranked.expected_next_purchase_high
    AND before.expected_spend IS NOT DISTINCT FROM ranked.expected_spend
    AND before.expected_spend_low IS NOT DISTINCT FROM ranked.expected_spend_low
    AND before.expected_spend_high IS NOT DISTINCT FROM ranked.expected_spend_high
    AND before.value_at_risk IS NOT DISTINCT FROM ranked.value_at_risk
    AND before.currency IS NOT DISTINCT FROM ranked.currency
) AS made
ON FALSE
WHEN NOT MATCHED BY SOURCE AND prediction.prediction_date = @as_of THEN DELETE
WHEN NOT MATCHED BY TARGET THEN INSERT (
  prediction_date, customer_key, churn_probability, risk_band, decile, top_reasons,
  model_version, as_of_date, horizon_days, pipeline_run_id, scored_at,
  probability_alive, expected_next_purchase, expected_next_purchase_low, expected_next_purchase_high,
  expected_spend, expected_spend_low, expected_spend_high, value_at_risk, currency
) VALUES (
  @as_of, made.customer_key, made.churn_probability, made.risk_band, made.decile, made.top_reasons,
  @model_version, @as_of, @horizon_days, made.pipeline_run_id, made.scored_at,
  made.probability_alive, made.expected_next_purchase, made.expected_next_purchase_low,
  made.expected_next_purchase_high,
  made.expected_spend, made.expected_spend_low, made.expected_spend_high, made.value_at_risk, made.currency
)
