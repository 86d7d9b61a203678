"""Serve BigQuery on this machine.

Example: python -m localcloud.bigquery --port 9050 --grpc-port 9060 --data-dir DIR --project winter-days-local
"""

import argparse
from pathlib import Path

from localcloud.bigquery.extensions import use_extensions


def main() -> None:
    """Serve until SIGTERM."""
    arguments = _arguments()
    use_extensions(arguments.data_dir.resolve() / "home")
    serve(arguments.port, arguments.grpc_port, arguments.data_dir.resolve() / "data", arguments.project)


def serve(port: int, grpc_port: int, data_dir: Path, project: str) -> None:
    """Serve REST and gRPC on 127.0.0.1; local-bigquery reads its settings when imported, hence the order."""
    import uvicorn
    from local_bigquery.settings import settings

    settings.bigquery_host, settings.bigquery_port, settings.grpc_port = "127.0.0.1", port, grpc_port
    settings.data_dir, settings.default_project_id = data_dir, project
    from local_bigquery.app import app
    from local_bigquery.engine import database
    from local_bigquery.grpc import server

    from localcloud.bigquery.engine import extend

    extend()
    database.connection()
    grpc_server, _ = server.start("127.0.0.1", grpc_port)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
    grpc_server.stop(None)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m localcloud.bigquery",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, required=True, help="of the REST API")
    parser.add_argument("--grpc-port", type=int, required=True, help="of the Storage Read and Write APIs")
    parser.add_argument("--data-dir", type=Path, required=True, help="where tables are kept")
    parser.add_argument("--project", required=True, help="the project of queries that name none")
    return parser.parse_args()


if __name__ == "__main__":
    main()
