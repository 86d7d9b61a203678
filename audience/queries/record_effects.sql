-- One statement, so that two measurements at once, or one that is interrupted, leave the rows of one measurement.
MERGE `${project}.${warehouse}.retention_effects` AS recorded
USING (
  SELECT
    @campaign AS campaign,
    @started_on AS started_on,
    @measured_as_of AS measured_as_of,
    JSON_VALUE(effect, '$$.measure') AS measure,
    JSON_VALUE(effect, '$$.currency') AS currency,
    JSON_VALUE(effect, '$$.verdict') AS verdict,
    JSON_VALUE(effect, '$$.sentence') AS sentence,
    CAST(JSON_VALUE(effect, '$$.listed') AS INT64) AS listed,
    CAST(JSON_VALUE(effect, '$$.held_out') AS INT64) AS held_out,
    CAST(JSON_VALUE(effect, '$$.listed_mean') AS FLOAT64) AS listed_mean,
    CAST(JSON_VALUE(effect, '$$.held_out_mean') AS FLOAT64) AS held_out_mean,
    CAST(JSON_VALUE(effect, '$$.difference') AS FLOAT64) AS difference,
    CAST(JSON_VALUE(effect, '$$.difference_low') AS FLOAT64) AS difference_low,
    CAST(JSON_VALUE(effect, '$$.difference_high') AS FLOAT64) AS difference_high,
    CAST(JSON_VALUE(effect, '$$.p_value') AS FLOAT64) AS p_value,
    CAST(JSON_VALUE(effect, '$$.detectable') AS FLOAT64) AS detectable,
    CAST(JSON_VALUE(effect, '$$.customers_needed') AS INT64) AS customers_needed,
    CAST(JSON_VALUE(effect, '$$.cost_per_customer') AS FLOAT64) AS cost_per_customer,
    CAST(JSON_VALUE(effect, '$$.cost_per_kept') AS FLOAT64) AS cost_per_kept,
    CAST(JSON_VALUE(effect, '$$.cost_per_kept_low') AS FLOAT64) AS cost_per_kept_low,
    CAST(JSON_VALUE(effect, '$$.cost_per_kept_high') AS FLOAT64) AS cost_per_kept_high
  FROM UNNEST(@effects) AS effect
) AS measured
ON FALSE
WHEN NOT MATCHED BY SOURCE AND recorded.campaign = @campaign THEN DELETE
WHEN NOT MATCHED BY TARGET THEN INSERT (
  campaign, started_on, measured_as_of, measure, currency, verdict, sentence, listed, held_out, listed_mean,
  held_out_mean, difference, difference_low, difference_high, p_value, detectable, customers_needed,
  cost_per_customer, cost_per_kept, cost_per_kept_low, cost_per_kept_high
) VALUES (
  campaign, started_on, measured_as_of, measure, currency, verdict, sentence, listed, held_out, listed_mean,
  held_out_mean, difference, difference_low, difference_high, p_value, detectable, customers_needed,
  cost_per_customer, cost_per_kept, cost_per_kept_low, cost_per_kept_high
)
