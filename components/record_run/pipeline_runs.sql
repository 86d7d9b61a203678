INSERT INTO `${project}.${dataset}.pipeline_runs`
  (run_id, as_of_date, state, started_at, ended_at, failed_step, error, steps,
   documents_read, bytes_billed, machine_seconds, estimated_cost, firestore_cost,
   bigquery_cost, vertex_cost, step_costs)
VALUES (
  @run_id,
  SAFE_CAST(@as_of AS DATE),
  @state,
  SAFE_CAST(NULLIF(@started_at, '') AS TIMESTAMP),
  @ended_at,
  NULLIF(@failed_step, ''),
  NULLIF(@error, ''),
  @steps,
  @documents_read,
  @bytes_billed,
  @machine_seconds,
  @estimated_cost,
  @firestore_cost,
  @bigquery_cost,
  @vertex_cost,
  @step_costs
);
