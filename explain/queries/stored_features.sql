-- The row of features that was scored, as long as it is kept.
SELECT *
FROM `${project}.${features_dataset}.churn_scoring_examples`
WHERE as_of_date = @on AND customer_key = @customer_key
