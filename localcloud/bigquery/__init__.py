"""BigQuery on a laptop: local-bigquery, with the external tables that it lacks.

`python -m localcloud.bigquery --port P --grpc-port G --data-dir DIR --project X` serves the REST API and the
Storage Read and Write APIs on 127.0.0.1; objects at gs:// addresses are read through STORAGE_EMULATOR_HOST.

Differences from the real service are documented where they arise: for external tables, in `external`.
"""

from localcloud.bigquery.javascript import do_without

do_without()
