SELECT cohort_month, months_since_first, cohort_customers, active_customers, ROUND(retention, 4) AS retention
FROM `${project}.${dataset}.bi_cohort_retention`
WHERE cohort_month >= DATE_SUB(DATE_TRUNC(@as_of, MONTH), INTERVAL 12 MONTH)
ORDER BY cohort_month, months_since_first
