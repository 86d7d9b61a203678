SELECT * EXCEPT (as_of_date, horizon_days)
FROM `${project}.${features_dataset}.churn_scoring_examples`
WHERE as_of_date = @as_of AND horizon_days = @horizon_days
  AND customer_key >= @first_key AND customer_key < @end_key
