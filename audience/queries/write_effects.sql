BEGIN TRANSACTION;

DELETE FROM `${project}.${warehouse}.retention_effects` WHERE campaign = @campaign;

INSERT INTO `${project}.${warehouse}.retention_effects` (
  campaign, started_on, measured_as_of, measure, currency, verdict, sentence, listed, held_out, listed_mean,
  held_out_mean, difference, difference_low, difference_high, p_value, detectable, customers_needed,
  cost_per_customer, cost_per_kept, cost_per_kept_low, cost_per_kept_high
)
SELECT
  @campaign,
  @started_on,
  @as_of,
  JSON_VALUE(effect, '$$.measure'),
  JSON_VALUE(effect, '$$.currency'),
  JSON_VALUE(effect, '$$.verdict'),
  JSON_VALUE(effect, '$$.sentence'),
  CAST(JSON_VALUE(effect, '$$.listed') AS INT64),
  CAST(JSON_VALUE(effect, '$$.held_out') AS INT64),
  CAST(JSON_VALUE(effect, '$$.listed_mean') AS FLOAT64),
  CAST(JSON_VALUE(effect, '$$.held_out_mean') AS FLOAT64),
  CAST(JSON_VALUE(effect, '$$.difference') AS FLOAT64),
  CAST(JSON_VALUE(effect, '$$.difference_low') AS FLOAT64),
  CAST(JSON_VALUE(effect, '$$.difference_high') AS FLOAT64),
  CAST(JSON_VALUE(effect, '$$.p_value') AS FLOAT64),
  CAST(JSON_VALUE(effect, '$$.detectable') AS FLOAT64),
  CAST(JSON_VALUE(effect, '$$.customers_needed') AS INT64),
  CAST(JSON_VALUE(effect, '$$.cost_per_customer') AS FLOAT64),
  CAST(JSON_VALUE(effect, '$$.cost_per_kept') AS FLOAT64),
  CAST(JSON_VALUE(effect, '$$.cost_per_kept_low') AS FLOAT64),
  CAST(JSON_VALUE(effect, '$$.cost_per_kept_high') AS FLOAT64)
FROM UNNEST(JSON_QUERY_ARRAY(@effects)) AS effect;

COMMIT TRANSACTION
