"""Serve BigQuery on this machine.

example:
  python -m localcloud.bigquery --port 9050 --data-dir DIR --project my-project
"""

import argparse
import os
from pathlib import Path

from localcloud.bigquery.data_paths import update_data_paths
from localcloud.bigquery.extensions import use_extensions
from localcloud.endpoints import HOST
from localcloud.guard import JSON, Guard
from localcloud.serving import serve
from localcloud.settings import load

CONTENT_TYPES = JSON | {"multipart/related"}
THREADS = "LOCALCLOUD_BIGQUERY_THREADS"
MOST_BYTES = 256 * 2**20  # a chunk of an upload is held in memory; Google's clients send 100 MB at most


def main() -> None:
    """Serve until SIGTERM."""
    arguments = _arguments()
    use_extensions(arguments.data_dir.resolve() / "home")
    folder = arguments.data_dir.resolve()
    serve_both(arguments.port, arguments.grpc_port, folder, arguments.project, arguments.threads)


def serve_both(port: int, grpc_port: int, data_dir: Path, project: str, threads: int | None) -> None:
    """Serve REST and gRPC on 127.0.0.1; local-bigquery reads its settings when imported, hence the order."""
    from local_bigquery.settings import settings

    settings.data_dir, settings.default_project_id = data_dir / "data", project
    from local_bigquery.app import app
    from local_bigquery.grpc import server

    from localcloud.bigquery.answers import answer_as_google
    from localcloud.bigquery.billing import report_bytes
    from localcloud.bigquery.engine import extend
    from localcloud.bigquery.first_page import enlarge_first_pages
    from localcloud.bigquery.history import limit_history
    from localcloud.bigquery.lockdown import lock_down
    from localcloud.bigquery.messages import send_few_rows_at_once
    from localcloud.bigquery.statement_checks import check_statements

    update_data_paths(settings.data_dir)
    extend()
    check_statements(data_dir)
    answer_as_google()
    enlarge_first_pages()
    send_few_rows_at_once()
    report_bytes()
    limit_history(load().keep.past_minutes)
    lock_down(settings.data_dir, data_dir / "staging", threads)
    grpc_server, _ = server.start(HOST, grpc_port)
    serve(app, Guard(port, CONTENT_TYPES, uploads=True), MOST_BYTES)
    grpc_server.stop(None)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m localcloud.bigquery",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, required=True, help="port of the REST API")
    parser.add_argument(
        "--grpc-port", type=int, required=True, help="port of the Storage Read and Write APIs"
    )
    parser.add_argument("--data-dir", type=Path, required=True, help="folder of the tables")
    parser.add_argument("--project", required=True, help="default project of queries")
    threads = f"threads per query, at most ({THREADS}, else one per core)"
    parser.add_argument("--threads", type=int, default=os.environ.get(THREADS), help=threads)
    return parser.parse_args()


if __name__ == "__main__":
    main()
