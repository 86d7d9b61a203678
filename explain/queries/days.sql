-- What is known of a customer for whom a day has no prediction.
SELECT
  ARRAY(
    SELECT prediction_date
    FROM `${project}.${warehouse_dataset}.fact_predictions_churn`
    WHERE customer_key = @customer_key
    ORDER BY prediction_date
  ) AS days,
  (
    SELECT MIN(known_from_date)
    FROM `${project}.${warehouse_dataset}.fct_sale_versions`
    WHERE customer_key = @customer_key
  ) AS first_known_from_date
