-- Grain: as_of_date, column_name.
CREATE TABLE `${project}.${warehouse}.churn_drift` (
  as_of_date DATE NOT NULL OPTIONS (description = "The day whose customers are compared"),
  column_name STRING NOT NULL OPTIONS (description = "A feature, or churn_probability"),
  bounded BOOL NOT NULL
    OPTIONS (description = "Whether the column covers a window of fixed length, and so may raise a warning"),
  stability FLOAT64 NOT NULL OPTIONS (description = "Population stability index against the newest cut-off trained on"),
  missing_share FLOAT64 NOT NULL OPTIONS (description = "Share of customers without a value"),
  training_missing_share FLOAT64 NOT NULL OPTIONS (description = "The same at the newest cut-off trained on")
)
PARTITION BY as_of_date
OPTIONS (description = "Drift: how far each day's customers differ from those the model was trained on");
