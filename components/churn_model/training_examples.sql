SELECT * EXCEPT (as_of_date, horizon_days)
FROM `${project}.${features_dataset}.churn_training_examples`
WHERE as_of_date = @as_of AND horizon_days = @horizon_days
ORDER BY cutoff_date, customer_key
