-- The customers to score, or a sample if there are very many: always the same ones.
SELECT * EXCEPT (as_of_date, horizon_days)
FROM `${project}.${features_dataset}.churn_scoring_examples`
WHERE as_of_date = @as_of AND horizon_days = @horizon_days
ORDER BY FARM_FINGERPRINT(customer_key), customer_key
LIMIT @most
