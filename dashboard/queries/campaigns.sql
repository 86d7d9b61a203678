SELECT campaign, started_on, closes_on, measure, currency, verdict, sentence, listed, held_out
FROM `${project}.${dataset}.bi_retention_effect`
WHERE started_on >= DATE_SUB(@as_of, INTERVAL 2 YEAR)
ORDER BY started_on DESC, campaign, measure, currency
