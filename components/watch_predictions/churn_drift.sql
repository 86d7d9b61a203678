CREATE TABLE IF NOT EXISTS `${project}.${warehouse_dataset}.churn_drift` (
  as_of_date DATE NOT NULL OPTIONS (description = "The day whose customers are compared"),
  column_name STRING NOT NULL OPTIONS (description = "A feature, or churn_probability"),
  bounded BOOL NOT NULL OPTIONS (description = "Whether the column looks at a window of fixed length, and so may alarm"),
  stability FLOAT64 NOT NULL OPTIONS (description = "Population stability index against the newest cut-off trained on"),
  missing_share FLOAT64 NOT NULL OPTIONS (description = "Share of customers without a value"),
  training_missing_share FLOAT64 NOT NULL OPTIONS (description = "The same at the newest cut-off trained on")
)
PARTITION BY as_of_date
OPTIONS (description = "How far each day's customers differ from those the model was trained on");

BEGIN TRANSACTION;

DELETE FROM `${project}.${warehouse_dataset}.churn_drift` WHERE as_of_date = @as_of;

INSERT INTO `${project}.${warehouse_dataset}.churn_drift`
SELECT
  @as_of,
  column_name,
  @bounded[OFFSET(place)],
  @stability[OFFSET(place)],
  @missing_share[OFFSET(place)],
  @training_missing_share[OFFSET(place)]
FROM UNNEST(@columns) AS column_name WITH OFFSET AS place;

COMMIT TRANSACTION;
