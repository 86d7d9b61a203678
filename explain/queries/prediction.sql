-- The prediction as it is stored, and the decile that its place among the day's stored probabilities gives.
SELECT *
FROM (
  SELECT
    *,
    NTILE(10) OVER (ORDER BY churn_probability DESC, customer_key) AS decile_by_place
  FROM `${project}.${warehouse_dataset}.fact_predictions_churn`
  WHERE prediction_date = @on
) AS the_day
WHERE customer_key = @customer_key
