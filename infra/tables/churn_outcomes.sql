-- Grain: prediction_date.
CREATE TABLE `${project}.${warehouse}.churn_outcomes` (
  prediction_date DATE NOT NULL OPTIONS (description = "The as-of date of the prediction"),
  horizon_days INT64 NOT NULL OPTIONS (description = "Days that the prediction looked ahead"),
  model_version STRING NOT NULL OPTIONS (description = "The model that predicted"),
  customers INT64 NOT NULL OPTIONS (description = "Customers predicted"),
  predicted FLOAT64 NOT NULL OPTIONS (description = "Mean predicted probability of churn"),
  churned FLOAT64 NOT NULL OPTIONS (description = "Churn rate"),
  log_loss FLOAT64 NOT NULL OPTIONS (description = "Error of the probabilities; lower is better"),
  brier FLOAT64 NOT NULL OPTIONS (description = "Mean squared error of the probabilities; lower is better")
)
PARTITION BY prediction_date
OPTIONS (description = "Accuracy of past predictions, one row for each day whose window has closed");
