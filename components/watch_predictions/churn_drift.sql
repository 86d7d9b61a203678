BEGIN TRANSACTION;

DELETE FROM `${project}.${warehouse_dataset}.churn_drift` WHERE as_of_date = @as_of;

INSERT INTO `${project}.${warehouse_dataset}.churn_drift`
  (as_of_date, column_name, bounded, stability, missing_share, training_missing_share)
SELECT
  @as_of,
  column_name,
  @bounded[OFFSET(place)],
  @stability[OFFSET(place)],
  @missing_share[OFFSET(place)],
  @training_missing_share[OFFSET(place)]
FROM UNNEST(@columns) AS column_name WITH OFFSET AS place;

COMMIT TRANSACTION;
