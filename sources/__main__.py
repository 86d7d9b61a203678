"""Show how sales files are understood, before anything is written.

examples:
  python -m sources check orders.csv
  python -m sources check orders_1.csv orders_2.csv --preset shopify
  python -m sources check lines.xlsx --set time.zone=Europe/Berlin
  python -m sources check orders.csv --set quantity=null    # no such column
  python -m sources check orders.csv --write-mapping own.yaml   # to edit
  python -m sources presets

exit codes:
  0  everything is understood
  2  a file cannot be read, or a mapping or a setting is wrong
  3  something that changes the figures is ambiguous; the option to set is shown
"""

import argparse
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sources.errors import UnreadableError
from sources.files import open_files
from sources.files.naming import source_of
from sources.mapping import SCHEMA, BadMappingError, Mapping, as_yaml, load, presets, with_settings
from sources.meaning.report import plain
from sources.understand import Understanding, report, understand

UNDECIDED, WRONG = 3, 2
PROGRESS_DELAY = 2.0  # seconds before progress is shown


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    options = _parser().parse_args(arguments)
    if options.command == "presets":
        width = max(map(len, presets()))
        for name, preset in presets().items():
            print(f"{name:<{width}}  {' '.join(preset.about[:1])}")
        return 0
    try:
        return _check(options)
    except (UnreadableError, BadMappingError) as error:
        print(f"error: {plain(str(error))}", file=sys.stderr)
        return WRONG


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m sources", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="check|presets")
    check = commands.add_parser(
        "check",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        help="show how files are understood",
    )
    check.add_argument("files", nargs="+", type=Path, metavar="FILE", help="files, folders or patterns")
    how = check.add_mutually_exclusive_group()
    how.add_argument(
        "--preset", metavar="NAME", help=f"one of {', '.join(presets())}; none disables recognition"
    )
    how.add_argument("--mapping", type=Path, metavar="FILE", help="a mapping of your own, in YAML")
    check.add_argument("--set", action="append", default=[], metavar="A.B=VALUE", help="a key of the mapping")
    check.add_argument(
        "--source", metavar="NAME", help="the name of the import; derived from its path unless given"
    )
    check.add_argument("--write-mapping", type=Path, metavar="FILE", help="write the mapping, to edit")
    commands.add_parser("presets", help="list the presets")
    return parser


def _check(options: argparse.Namespace) -> int:
    mapping = load(options.mapping) if options.mapping else None
    with tempfile.TemporaryDirectory() as work, _show_progress(options.files):
        found = _interpret(options, mapping, Path(work))
    print(report(found))
    if options.write_mapping and found.mapping:
        _write_mapping(options.write_mapping, found.mapping)
    return UNDECIDED if found.questions else 0


def _interpret(options: argparse.Namespace, mapping: Mapping | None, work: Path) -> Understanding:
    source_data = with_settings({"source": mapping.source.model_dump() if mapping else {}}, options.set)[
        "source"
    ]
    file_format = {key: source_data.get(key) for key in ("encoding", "delimiter", "sheets")}
    with open_files(options.files, work, **file_format) as raw:
        return understand(
            raw,
            preset=options.preset,
            mapping=mapping,
            settings=options.set,
            source=source_of(options.files, options.source),
            today=datetime.now(UTC).date(),
        )


def _write_mapping(path: Path, mapping: Mapping) -> None:
    schema = os.path.relpath(SCHEMA, path.resolve().parent)
    path.write_text(f"# yaml-language-server: $schema={schema}\n{as_yaml(mapping)}", encoding="utf-8")
    print(f"\nwrote {path}: edit it, then --mapping {path}")


@contextmanager
def _show_progress(files: Sequence[Path]) -> Iterator[None]:
    """Show on the terminal how long reading the files has taken, once it takes more than a moment."""
    done, begun = threading.Event(), time.monotonic()

    def print_progress() -> None:
        wait = PROGRESS_DELAY
        while not done.wait(wait):
            message = f"reading {plain(', '.join(map(str, files)))[:50]} … {time.monotonic() - begun:.0f} s"
            print(f"\r{message}", end="", file=sys.stderr, flush=True)
            wait = 1.0
        if time.monotonic() - begun > PROGRESS_DELAY:
            print(f"\r{' ' * 78}\r", end="", file=sys.stderr, flush=True)

    thread = threading.Thread(target=print_progress, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # end quietly when `head` has read enough
    sys.exit(main())
