-- The customers to score; of very many, a sample that is always the same.
SELECT * EXCEPT (as_of_date, horizon_days)
FROM `${project}.${features_dataset}.churn_scoring_examples`
WHERE as_of_date = @as_of AND horizon_days = @horizon_days
ORDER BY FARM_FINGERPRINT(customer_key), customer_key
LIMIT @most
