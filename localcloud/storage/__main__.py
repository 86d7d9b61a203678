"""Serve Cloud Storage: python -m localcloud.storage --port 9023 --data-dir .localcloud/storage."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from localcloud.endpoints import HOST
from localcloud.state import LocalCloudError
from localcloud.storage.door import Door
from localcloud.storage.server import run_server

_EXAMPLE = """example:
  python -m localcloud.storage --port 9023 --data-dir .localcloud/storage
  Clients then need STORAGE_EMULATOR_HOST=http://127.0.0.1:9023."""


def main() -> int:
    """Serve until SIGTERM; return 1 with a one-line message if the server cannot start or ends."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with (
            run_server(arguments.data_dir, f"{HOST}:{arguments.port}") as server,
            Door(arguments.port, server.port, server.tls) as door,
        ):
            threading.Thread(target=door.serve_forever, daemon=True).start()
            code = server.process.wait()
    except (LocalCloudError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"error: fake-gcs-server ended with code {code}", file=sys.stderr)
    return 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m localcloud.storage",
        description="Serve Cloud Storage's JSON API on 127.0.0.1.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data-dir", type=Path, required=True, help="folder of the objects")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
