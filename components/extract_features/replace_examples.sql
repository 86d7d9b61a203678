-- Replace the as-of date's partitions of both tables with the rows of the table `features` of extract_features.sql.
BEGIN TRANSACTION;

DELETE FROM `${project}.${features_dataset}.churn_training_examples` WHERE as_of_date = @as_of;

INSERT INTO `${project}.${features_dataset}.churn_training_examples` (${training_columns})
SELECT ${training_columns}
FROM (SELECT @as_of AS as_of_date, @horizon_days AS horizon_days, * FROM features)
WHERE cutoff_date < @as_of;

DELETE FROM `${project}.${features_dataset}.churn_scoring_examples` WHERE as_of_date = @as_of;

INSERT INTO `${project}.${features_dataset}.churn_scoring_examples` (${scoring_columns})
SELECT ${scoring_columns}
FROM (SELECT @as_of AS as_of_date, @horizon_days AS horizon_days, * FROM features)
WHERE cutoff_date = @as_of;

COMMIT TRANSACTION;

-- Only a day's own run reads its training rows. Older days' rows are deleted by a statement and not by partition
-- expiration, which counts from the partition's date: in a backfill it would delete the rows while the run goes on.
-- Outside the transaction, since deleting whole partitions is free there.
DELETE FROM `${project}.${features_dataset}.churn_training_examples`
WHERE as_of_date <= DATE_SUB(@as_of, INTERVAL @training_rows_days DAY);

SELECT
  COUNTIF(cutoff_date < @as_of) AS training_rows,
  COUNTIF(cutoff_date < @as_of AND churned) AS churned_rows,
  COUNTIF(cutoff_date = @as_of) AS scoring_rows,
  MAX(one_in) AS one_in
FROM features;
