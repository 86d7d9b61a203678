SELECT
  (SELECT COUNT(*) FROM `${project}.${warehouse}.dim_customer`) AS customers,
  run.documents AS sales,
  run.changes
FROM (
  SELECT
    CAST(JSON_VALUE(step, '$$.counts.documents') AS INT64) AS documents,
    CAST(JSON_VALUE(step, '$$.counts.new') AS INT64) + CAST(JSON_VALUE(step, '$$.counts.changed') AS INT64) AS changes
  FROM `${project}.${warehouse}.pipeline_runs`, UNNEST(JSON_QUERY_ARRAY(steps)) AS step
  WHERE STARTS_WITH(state, 'SUCCEEDED') AND JSON_VALUE(step, '$$.step') = 'export_sales'
  ORDER BY as_of_date DESC, ended_at DESC
  LIMIT 1
) AS run;
