"""Serve the orchestrator on this machine, behind the guard: python -m localcloud.orchestrator --port 8080."""

import argparse
import sys

from localcloud.endpoints import HOST
from localcloud.guard import JSON, Guard, Guarded
from orchestrator.__main__ import main as serve

CONTENT_TYPES = JSON | {"application/octet-stream"}  # Cloud Scheduler's, where a job names none


def main() -> int:
    """Serve until SIGTERM; the settings are the orchestrator's own, from the environment."""
    parser = argparse.ArgumentParser("python -m localcloud.orchestrator", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    guard = Guard(port, CONTENT_TYPES)
    return serve(["--host", HOST, "--port", str(port)], lambda application: Guarded(application, guard))


if __name__ == "__main__":
    sys.exit(main())
