-- The newest as-of date with a successful run: the day that dashboards show.
SELECT MAX(as_of_date) AS day
FROM `${project}.${warehouse_dataset}.pipeline_runs`
WHERE STARTS_WITH(state, 'SUCCEEDED')
