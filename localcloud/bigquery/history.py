"""What is kept of the past for some minutes: versions of tables, finished jobs, results of queries.

Kept forever, they would be most of a state folder: each statement that changes a table leaves a version of it
with its files, and each query leaves its result.
"""

import threading
import time

import duckdb
from local_bigquery.engine import database

CHECK_SECONDS = 60.0
FINISHED = """
DELETE FROM emulator.jobs
WHERE state = 'DONE' AND CAST(resource->>'$.statistics.endTime' AS BIGINT) < ?
"""
RESULTS = """
SELECT table_name FROM duckdb_tables()
WHERE database_name = 'emulator' AND schema_name = '_results'
  AND table_name NOT IN (SELECT project_id || ':' || job_id FROM emulator.jobs)
"""


def limit_history(minutes: int) -> None:
    """Delete what is older, now and from now on; call before the first request.

    From before this start the last minute is enough: it is for clients that wait while a service that was
    killed comes back.
    """
    with database.cursor() as cursor:
        forget_at_start(cursor, 1)
    threading.Thread(target=_forget_periodically, args=[minutes], daemon=True).start()


def forget(cursor: duckdb.DuckDBPyConnection, minutes: int) -> None:
    """Delete jobs that ended, and versions of tables that were replaced, more than so many minutes ago."""
    cursor.execute(FINISHED, [int((time.time() - minutes * 60) * 1000)])
    for (name,) in cursor.execute(RESULTS).fetchall():
        cursor.execute(f"DROP TABLE IF EXISTS {database.quote('emulator', '_results', name)}")
    for project in database.projects():
        _call_ducklake(cursor, "expire_snapshots", project, _older_than(minutes))
        _call_ducklake(cursor, "cleanup_old_files", project, _older_than(minutes))


def forget_at_start(cursor: duckdb.DuckDBPyConnection, minutes: int) -> None:
    """Do the same, and delete what else no request can read: deleted rows, and the files of the past."""
    _drop_deleted_rows(cursor)
    forget(cursor, minutes)
    _pack(cursor)


def _drop_deleted_rows(cursor: duckdb.DuckDBPyConnection) -> None:
    """Write files that hold deleted rows anew, without them: a deletion only notes which rows it means."""
    for project in database.projects():
        _call_ducklake(cursor, "rewrite_data_files", project, ", delete_threshold => 0")


def _pack(cursor: duckdb.DuckDBPyConnection) -> None:
    """Merge the small files that each day's rows leave, delete unused ones, and pack the catalogs."""
    for project in database.projects():
        _call_ducklake(cursor, "merge_adjacent_files", project)
        _call_ducklake(cursor, "cleanup_old_files", project, ", cleanup_all => true")
        cursor.execute(f"CHECKPOINT {database.quote(f'__ducklake_metadata_{project}')}")
    cursor.execute("CHECKPOINT emulator")


def _older_than(minutes: int) -> str:
    return f", older_than => now() - INTERVAL {minutes} MINUTE"


def _call_ducklake(cursor: duckdb.DuckDBPyConnection, function: str, project: str, more: str = "") -> None:
    name = project.replace("'", "''")
    cursor.execute(f"CALL ducklake_{function}('{name}'{more})")


def _forget_periodically(minutes: int) -> None:
    while True:
        time.sleep(CHECK_SECONDS)
        try:
            with database.cursor() as cursor:
                forget(cursor, minutes)
        except duckdb.Error as error:  # somebody else changed the catalog: the next time will do
            print(f"history older than {minutes} minutes could not be deleted: {error}", flush=True)
