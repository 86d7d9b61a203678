"""Run a program in the local cloud of a state folder, which must exist.

example:
  python -m laptop.inside --state-dir .localcloud/demo -- .venv/bin/python -m sql
"""

import argparse
import sys
from pathlib import Path

from laptop.cloud import become
from laptop.state import MissingError, require_state


def main(arguments: list[str] | None = None) -> int:
    """Become the program in its cloud; return 2 with a one-line message if there is no such state."""
    parser = argparse.ArgumentParser(
        "python -m laptop.inside", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--state-dir", type=Path, required=True, help="the state folder")
    parser.add_argument("command", nargs="+", help="the program, after --")
    options = parser.parse_args(arguments)
    try:
        require_state(options.state_dir)
    except MissingError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return become("localcloud", "run", "--state-dir", str(options.state_dir), "--", *options.command)


if __name__ == "__main__":
    sys.exit(main())
