"""Set the clock of the local Firestore, so that days can be replayed.

It runs on from the time it was set to and never goes back; unless set, it is
the machine's clock.

example:
  python -m localcloud.firestore.clock --data-dir .localcloud/demo/firestore --at 2026-02-01T02:00:00+00:00
"""

import argparse
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

FILE = "clock_shift"  # in the data folder: how many microseconds its clock is ahead of the machine's
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock:
    """The clock of a data folder, which runs on from the time it was set to; by default the machine's."""

    def __init__(self, data_dir: Path) -> None:
        self._file = data_dir / FILE

    def now(self) -> int:
        """Return the time in microseconds since 1970."""
        return _machine_time() + (self._shift() or 0)

    def set_to(self, moment: datetime) -> bool:
        """Set the clock, which a server notices at once; return False if it is already at or past `moment`.

        A server's times never go back either, so its documents keep their order.
        """
        ahead = (moment - EPOCH) // timedelta(microseconds=1) - _machine_time()
        shift = self._shift()
        if shift is not None and ahead <= shift:
            return False
        self._file.parent.mkdir(parents=True, exist_ok=True)
        made = self._file.with_suffix(".new")
        made.write_text(str(ahead))
        made.replace(self._file)
        return True

    def _shift(self) -> int | None:
        try:
            return int(self._file.read_text())
        except FileNotFoundError:
            return None


def _machine_time() -> int:
    return time.time_ns() // 1000


def main() -> int:
    """Set the clock of a folder; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m localcloud.firestore.clock",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data-dir", type=Path, required=True, help="folder of the documents")
    parser.add_argument(
        "--at", type=datetime.fromisoformat, required=True, help="the time, with its time zone"
    )
    options = parser.parse_args()
    if options.at.tzinfo is None:
        parser.error("--at needs a time zone: end it with +00:00")
    if not Clock(options.data_dir).set_to(options.at):
        print("the clock is already set to a later time, and does not go back", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
