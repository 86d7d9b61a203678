SELECT source, last_day, age_days, row_count, last_loaded
FROM `${project}.${dataset}.bi_data_freshness`
ORDER BY source
