SELECT * EXCEPT (as_of_date, horizon_days)
FROM `${project}.${features_dataset}.churn_scoring_examples`
WHERE as_of_date = @as_of
  AND horizon_days = @horizon_days
  AND MOD(ABS(MOD(FARM_FINGERPRINT(customer_key), 1000003)), @one_in) = 0
ORDER BY customer_key
