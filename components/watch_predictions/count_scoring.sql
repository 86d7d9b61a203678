SELECT COUNT(*) AS examples
FROM `${project}.${features_dataset}.churn_scoring_examples`
WHERE as_of_date = @as_of AND horizon_days = @horizon_days
