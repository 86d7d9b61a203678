"""The pipeline's default numbers that other code uses too."""

HORIZON_DAYS = 90  # without a purchase, which count as churn
CUTOFFS = 15
TRAINING_ROWS_DAYS = 7  # so that a week's models can be refitted to what they learned from
FULL_PASS_DAYS = 7
DOCUMENTS_A_SHARD = 2_000_000  # of an export: read and written in minutes, of the hour that Firestore allows
MAX_QUERY_GIB = 1024  # the most that a step's query may read: BigQuery refuses more before it costs anything
DATAFORM_LONGEST_POLL_SECONDS = 10.0
