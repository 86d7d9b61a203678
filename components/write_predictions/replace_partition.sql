-- Replace the day's partition with the scores in one statement, so that nobody ever reads half of it.
-- ON FALSE is BigQuery's own way to delete and insert at once: with the day in WHEN NOT MATCHED BY SOURCE it touches
-- that partition alone, whereas a join to find the unmatched rows would read every prediction ever made.
-- A query into the decorated partition (WRITE_TRUNCATE) would replace the schema too, and a result's schema has neither
-- REQUIRED nor descriptions (nrkno/bigquery-scala #637).
-- A row that would not change in any predicted column keeps the run and the time that first wrote it.
-- The deciles are those of NTILE(10) OVER (ORDER BY churn_probability DESC, customer_key), which would sort all
-- customers on one machine. A probability has six decimal places, so at most 1,000,001 values: counting the customers
-- above each is cheap, and only those who share a value are sorted. Where the base rate is served, nobody is ranked:
-- the band is unknown and the decile 0.
MERGE `${project}.${warehouse_dataset}.fact_predictions_churn` AS prediction
USING (
  WITH
    scored AS (
      SELECT
        *,
        CASE
          WHEN NOT @ranks THEN 'unknown'
          WHEN churn_probability >= @high_risk THEN 'high'
          WHEN churn_probability >= @medium_risk THEN 'medium'
          ELSE 'low'
        END AS risk_band,
        CAST(ROUND(churn_probability * 1000000) AS INT64) AS millionths
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
    after AS (
      SELECT ${predicted_columns}, TO_JSON_STRING(STRUCT(${predicted_columns})) AS content
      FROM ranked
    ),
    before AS (
      SELECT
        customer_key, TO_JSON_STRING(STRUCT(${predicted_columns})) AS content, pipeline_run_id, scored_at
      FROM `${project}.${warehouse_dataset}.fact_predictions_churn`
      WHERE prediction_date = @as_of AND model_version = @model_version AND horizon_days = @horizon_days
    )
  SELECT
    ${predicted_columns},
    IFNULL(before.pipeline_run_id, @pipeline_run_id) AS pipeline_run_id,
    IFNULL(before.scored_at, @scored_at) AS scored_at
  FROM after
  LEFT JOIN before USING (customer_key, content)
) AS made
ON FALSE
WHEN NOT MATCHED BY SOURCE AND prediction.prediction_date = @as_of THEN DELETE
WHEN NOT MATCHED BY TARGET THEN INSERT (
  prediction_date, as_of_date, model_version, horizon_days, pipeline_run_id, scored_at, ${predicted_columns}
) VALUES (
  @as_of, @as_of, @model_version, @horizon_days, pipeline_run_id, scored_at, ${predicted_columns}
)
