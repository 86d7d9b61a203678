"""Stop the local cloud of a state, unless a run or a rebuild is using it.

examples:
  make down                           the local cloud of make run
  make down STATE=.localcloud/other
  make down FORCE=1                   even while in use, which fails the run
"""

import argparse
import sys
from pathlib import Path

from laptop.cloud import become
from laptop.state import LOCK, BusyError, lock_folder


def main(arguments: list[str] | None = None) -> int:
    """Become the command that stops it; return 1 with a one-line message if it is in use."""
    parser = argparse.ArgumentParser(
        "python -m laptop.down", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--state-dir", type=Path, required=True, help="the state folder")
    parser.add_argument("--force", action="store_true", help="stop what is running there too")
    options = parser.parse_args(arguments)
    folder: Path = options.state_dir
    try:
        if not options.force and (folder / LOCK).exists():
            lock_folder(folder)
    except BusyError:
        print(
            f"error: a run or rebuild is using {folder}: wait until it has ended, or end it with Ctrl-C "
            f"where it runs; make down STATE={folder} FORCE=1 stops it too",
            file=sys.stderr,
        )
        return 1
    return become("localcloud", "down", "--state-dir", str(folder))


if __name__ == "__main__":
    sys.exit(main())
