SELECT
  funding_stage,
  MAX(funding_stage_score) AS funding_stage_score,
  SUM(active_count) AS active_count,
  SUM(startup_count) AS startup_count,
  SUM(valuation_usd) AS valuation_usd
FROM `${project}.${dataset}.bi_startups_by_stage`
GROUP BY 1
ORDER BY 2, 1
LIMIT 20
