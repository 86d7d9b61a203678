"""Serve the orchestrator: python -m orchestrator.

Settings are read from WINTER_DAYS_PROJECT (the only one without a default),
WINTER_DAYS_BUCKET and the others of docs/settings.md. Cloud Run sets PORT.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from orchestrator.logs import configure_logs
from orchestrator.settings import Settings, SettingsError
from orchestrator.startup import Startup

EXAMPLES = """examples:
  WINTER_DAYS_PROJECT=my-project PORT=8080 python -m orchestrator
  WINTER_DAYS_PROJECT=my-project python -m orchestrator --host 127.0.0.1

  curl --json '{"as_of": "2025-11-30", "dry_run": true}' localhost:8080/
  curl --json '{"from": "2025-11-01", "to": "2025-11-30"}' \\
    localhost:8080/backfill
  curl localhost:8080/runs"""
SILENCE_SECONDS = 15.0

type Wrapper = Callable[[ASGIApp], ASGIApp]


def main(arguments: list[str] | None = None, wrap: Wrapper = lambda application: application) -> int:
    """Serve until SIGTERM; return 2 with a line for each invalid setting, 1 if anything else fails.

    `wrap` may wrap the service in middleware, for callers that run it where nothing else guards it.
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
    status = 0

    def load() -> ASGIApp:
        from orchestrator.server import create_app

        return create_app(settings)

    def stop() -> None:
        nonlocal status
        status = 1
        server.should_exit = True

    config = uvicorn.Config(
        wrap(Startup(load, on_failure=stop)),
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
    return status


class ImpatientProtocol(H11Protocol):
    """uvicorn's HTTP protocol with a time-out, since by itself it waits forever for the rest of a request."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the time-out for the first bytes."""
        super().connection_made(transport)
        self._alarm = self.loop.call_later(SILENCE_SECONDS, self._end_silence)

    def data_received(self, data: bytes) -> None:
        """Take in some bytes, and restart the time-out for the next ones."""
        super().data_received(data)
        self._alarm.cancel()
        self._alarm = self.loop.call_later(SILENCE_SECONDS, self._end_silence)

    def _end_silence(self) -> None:
        """Close the connection, unless the silence is ours: a complete request is being answered."""
        is_being_answered = self.cycle and not self.cycle.more_body and not self.cycle.response_complete
        if not is_being_answered:
            self.transport.close()


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
