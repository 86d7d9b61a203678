-- Grain: prediction_date, customer_key.
CREATE TABLE `${project}.${warehouse}.fact_predictions_churn` (
  prediction_date DATE NOT NULL OPTIONS (description = "The as-of date of the prediction"),
  customer_key STRING NOT NULL OPTIONS (description = "The customer's pseudonym, as in dim_customer"),
  churn_probability FLOAT64 NOT NULL
    OPTIONS (description = "Probability of no completed purchase in horizon_days days, to 6 places"),
  risk_band STRING NOT NULL OPTIONS (description = "low, medium or high; unknown where the base rate serves"),
  decile INT64 NOT NULL
    OPTIONS (description = "Decile of the day's customers by risk, 1 is the highest; 0 where the base rate serves, which does not rank customers"),
  top_reasons ARRAY<STRING>
    OPTIONS (description = "What raises and lowers the risk compared with a typical customer, up to three reasons, strongest first"),
  model_version STRING NOT NULL OPTIONS (description = "Digest of the model's training data and settings"),
  as_of_date DATE NOT NULL OPTIONS (description = "Only what happened before this date was used"),
  horizon_days INT64 NOT NULL OPTIONS (description = "Days that the prediction looks ahead"),
  pipeline_run_id STRING NOT NULL OPTIONS (description = "The run that first wrote the row as it is"),
  scored_at TIMESTAMP NOT NULL OPTIONS (description = "When that run scored"),
  probability_alive FLOAT64
    OPTIONS (description = "Probability that the customer is still active; null where the base rate serves"),
  expected_next_purchase DATE
    OPTIONS (description = "Median day of the next purchase; null from two horizons ahead on"),
  expected_next_purchase_low DATE OPTIONS (description = "Lower end of its 80% interval"),
  expected_next_purchase_high DATE OPTIONS (description = "Upper end of its 80% interval; null beyond two horizons"),
  expected_spend FLOAT64
    OPTIONS (description = "Expected spend of the customer in horizon_days days; null where they pay in several currencies, and where the base rate serves"),
  expected_spend_low FLOAT64
    OPTIONS (description = "Lower end of its 80% interval, of 90% until a year is known; null where a purchase is very unlikely"),
  expected_spend_high FLOAT64 OPTIONS (description = "Upper end of it"),
  value_at_risk FLOAT64
    OPTIONS (description = "Expected loss: what the customer would spend if they bought, times the probability that they do not"),
  currency STRING
    OPTIONS (description = "The currency of all the customer's purchases; unknown where these have none, null where there are several")
)
PARTITION BY prediction_date
CLUSTER BY customer_key
OPTIONS (description = "Churn predictions, one row for each day and customer");
