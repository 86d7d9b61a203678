SELECT prediction_date, closed_on, customers, ROUND(predicted, 4) AS predicted, ROUND(churned, 4) AS churned
FROM `${project}.${dataset}.bi_prediction_quality`
WHERE prediction_date >= DATE_SUB(@as_of, INTERVAL 2 YEAR)
ORDER BY prediction_date
