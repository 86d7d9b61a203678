-- Of very many customers only one in @one_in is read, always the same ones, with all their cut-offs.
SELECT * EXCEPT (as_of_date, horizon_days)
FROM `${project}.${features_dataset}.churn_training_examples`
WHERE as_of_date = @as_of
  AND horizon_days = @horizon_days
  AND MOD(ABS(MOD(FARM_FINGERPRINT(customer_key), 1000003)), @one_in) = 0
ORDER BY cutoff_date, customer_key
