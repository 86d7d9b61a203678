"""Print the --help of programs as JSON: python -m generate.help MODULE …, with a verb after a colon.

One process runs them all, since most of their time goes into importing what they share.

example:
  python -m generate.help sql audience audience:start
"""

import argparse
import contextlib
import io
import json
import os
import runpy
import sys

COLUMNS = "80"


def read_help(name: str) -> str:
    """Return the help of MODULE, or of its verb as MODULE:VERB; raise RuntimeError if the program fails."""
    module, _, verb = name.partition(":")
    sys.argv = [module, *([verb] if verb else []), "--help"]
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        try:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        except SystemExit as ended:
            if not ended.code:
                return said.getvalue()
            raise RuntimeError(f"python -m {name} --help ends with {ended.code}") from None
    raise RuntimeError(f"python -m {name} --help does not end")


def main(words: list[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(
        "python -m generate.help", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("modules", nargs="+", metavar="MODULE")
    names = parser.parse_args(words).modules
    os.environ["COLUMNS"] = COLUMNS
    print(json.dumps({name: read_help(name) for name in names}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
