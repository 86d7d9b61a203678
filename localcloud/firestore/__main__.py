"""Serve Firestore on this machine: python -m localcloud.firestore --port 8080 --data-dir DIR."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from localcloud.firestore.server import PortError, serve
from localcloud.firestore.store import StoreError

_EXAMPLE = """example:
  python -m localcloud.firestore --port 8080 --data-dir .localcloud/firestore
  Clients then need FIRESTORE_EMULATOR_HOST=127.0.0.1:8080."""


def main() -> int:
    """Serve until SIGTERM; return 1 with a one-line message if the server cannot start."""
    arguments = _arguments()
    try:
        asyncio.run(_serve_until_signalled(arguments.port, arguments.data_dir))
    except (PortError, StoreError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


async def _serve_until_signalled(port: int, data_dir: Path) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    await serve(port, data_dir, stopping)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m localcloud.firestore",
        description="Serve Firestore's gRPC API on 127.0.0.1; documents survive a restart.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, required=True, help="0 chooses a free port and prints it")
    parser.add_argument("--data-dir", type=Path, required=True, help="folder of the documents")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
