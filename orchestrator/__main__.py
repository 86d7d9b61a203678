"""Serve the orchestrator: python -m orchestrator.

The settings are read from the variables WINTER_DAYS_PROJECT (the only one without a default),
WINTER_DAYS_BUCKET and others, which orchestrator/settings.py lists. Cloud Run gives the port as PORT.
"""

import argparse
import os
import sys
import threading
from collections.abc import Callable

import uvicorn

from orchestrator.gate import Application, Gate
from orchestrator.logs import configure_logs
from orchestrator.patience import ImpatientProtocol
from orchestrator.settings import Settings, SettingsError

EXAMPLES = """examples:
  WINTER_DAYS_PROJECT=my-project PORT=8080 python -m orchestrator
  WINTER_DAYS_PROJECT=my-project WINTER_DAYS_TIME_ZONE=Europe/Berlin python -m orchestrator --host 127.0.0.1

  curl --json '{"as_of": "2025-11-30", "dry_run": true}' localhost:8080/
  curl --json '{"from": "2025-11-01", "to": "2025-11-30"}' localhost:8080/backfill
  curl localhost:8080/runs"""


type Wrapper = Callable[[Application], Application]


def main(arguments: list[str] | None = None, wrap: Wrapper = lambda application: application) -> int:
    """Serve until SIGTERM; return 2 with a clear line for each setting at fault, 1 when the rest fails.

    `wrap` may put something in front of the service: whoever runs it where nothing else guards it does.
    """
    options = _parser().parse_args(arguments)
    try:
        settings = Settings.from_environment(os.environ)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2

    configure_logs(settings.project)
    return _serve(settings, options.host, options.port, wrap)


def _serve(settings: Settings, host: str, port: int, wrap: Wrapper) -> int:
    failed = threading.Event()

    def load() -> Application:
        from orchestrator.server import create_app

        return create_app(settings)

    def stop() -> None:
        failed.set()
        server.should_exit = True

    config = uvicorn.Config(
        wrap(Gate(load, on_failure=stop)),
        host,
        port,
        http=ImpatientProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
    )
    server = uvicorn.Server(config)
    server.run()
    return 1 if failed.is_set() else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m orchestrator",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", default="0.0.0.0", help="default: every address")  # noqa: S104 - a container's
    parser.add_argument(
        "--port", type=int, default=os.environ.get("PORT", "8080"), help="default: PORT or 8080"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
