-- The prediction as it is stored, and the decile that follows from its rank among the day's stored probabilities.
SELECT *
FROM (
  SELECT
    *,
    NTILE(10) OVER (ORDER BY churn_probability DESC, customer_key) AS decile_by_place
  FROM `${project}.${warehouse_dataset}.fact_predictions_churn`
  WHERE prediction_date = @on
) AS the_day
WHERE customer_key = @customer_key
