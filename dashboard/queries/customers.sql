SELECT month, new_customers, reactivated_customers, lapsed_customers, active_customers
FROM `${project}.${dataset}.bi_customers_by_month`
WHERE month >= DATE_SUB(DATE_TRUNC(@as_of, MONTH), INTERVAL 23 MONTH)
ORDER BY month
