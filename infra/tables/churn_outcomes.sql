-- Grain: prediction_date.
CREATE TABLE `${project}.${warehouse}.churn_outcomes` (
  prediction_date DATE NOT NULL OPTIONS (description = "The day that was predicted from"),
  horizon_days INT64 NOT NULL OPTIONS (description = "Days ahead that were predicted"),
  model_version STRING NOT NULL OPTIONS (description = "The model that predicted"),
  customers INT64 NOT NULL OPTIONS (description = "Customers predicted"),
  predicted FLOAT64 NOT NULL OPTIONS (description = "Mean predicted probability of churn"),
  churned FLOAT64 NOT NULL OPTIONS (description = "Share that churned"),
  log_loss FLOAT64 NOT NULL OPTIONS (description = "Error of the probabilities; lower is better"),
  brier FLOAT64 NOT NULL OPTIONS (description = "Mean squared error of the probabilities; lower is better")
)
PARTITION BY prediction_date
OPTIONS (description = "How good past predictions turned out, one row for each day whose window has closed");
