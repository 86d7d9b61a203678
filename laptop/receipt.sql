SELECT documents_read, bytes_billed, machine_seconds, estimated_cost, firestore_cost, bigquery_cost, vertex_cost
FROM `${project}.${warehouse}.pipeline_runs`
WHERE run_id = @run_id
ORDER BY ended_at DESC
LIMIT 1;
