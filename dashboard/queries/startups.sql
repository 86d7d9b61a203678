SELECT
  funding_stage,
  sector,
  MAX(funding_stage_score) AS funding_stage_score,
  SUM(active_count) AS active_count,
  SUM(startup_count) AS startup_count,
  SUM(valuation_usd) AS valuation_usd
FROM `${project}.${dataset}.bi_startups_by_stage`
GROUP BY 1, 2
ORDER BY 3, 1, 2
LIMIT 1000
