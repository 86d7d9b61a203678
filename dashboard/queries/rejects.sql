SELECT source, reason, SUM(row_count) AS row_count, MAX(day) AS last_day, ROUND(MAX(share), 4) AS largest_share
FROM `${project}.${dataset}.bi_rejects_by_day`
WHERE day > DATE_SUB(@as_of, INTERVAL 28 DAY)
GROUP BY source, reason
ORDER BY row_count DESC, source, reason
LIMIT 20
