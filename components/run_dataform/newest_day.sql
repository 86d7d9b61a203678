-- The newest day of which a run has succeeded: what dashboards show.
SELECT MAX(as_of_date) AS day
FROM `${project}.${warehouse_dataset}.pipeline_runs`
WHERE STARTS_WITH(state, 'SUCCEEDED')
