"""The command-line options for how your own files are read."""

import argparse
import json
import re
import shlex
from collections.abc import Sequence
from glob import glob, has_magic
from pathlib import Path

from sources.errors import UnreadableError

# The short names in --columns, and the mapping's keys that they stand for.
SHORT = {
    "customer": "customer.fields",
    "time": "time.field",
    "amount": "amount.field",
    "price": "amount.field",
    "order": "order",
    "quantity": "quantity",
    "currency": "currency.field",
    "status": "status.field",
    "product": "product",
    "category": "category",
    "channel": "channel",
}
# Where the next of several settings begins: "customer.fields=[Customer ID] time.field=Order Date".
NEXT_SETTING = re.compile(r"\s+(?=[a-z_]+(?:\.[a-z_]+)*=)")


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say how files are read."""
    parser.add_argument("--preset", default="", help="the shop system of the export, such as shopify")
    parser.add_argument("--mapping", type=Path, help="a .yaml file that maps columns to fields")
    parser.add_argument(
        "--set", action="append", default=[], metavar="A.B=V", help="a key of the mapping; may be repeated"
    )
    parser.add_argument("--columns", default="", help="field=Column,… short for --set order=Column …")
    parser.add_argument("--currency", default="", help="if the file has none: --set currency.default=…")
    parser.add_argument("--time-format", default="", help="a strptime format: --set time.formats=[…]")
    parser.add_argument("--source", default="", help="a name for the source (derived from its path)")
    older = parser.add_mutually_exclusive_group()
    older.add_argument(
        "--replace",
        action="store_true",
        default=None,
        help="delete older sales of the source's earlier import",
    )
    older.add_argument("--keep-older", dest="replace", action="store_false", help="keep them without asking")


def settings_of(options: argparse.Namespace) -> list[str]:
    """Return all settings of the command line as a.b=v, the short ones first."""
    settings = _column_settings(options.columns)
    if options.time_format:
        settings.append(f"time.formats={json.dumps([options.time_format])}")
    if options.currency:
        settings.append(f"currency.default={options.currency}")
    return settings + [setting for text in options.set for setting in split_settings(text)]


def split_settings(text: str) -> list[str]:
    """Return the settings in a text that holds one or several, such as "a.b=v c.d=w"."""
    return [setting for setting in NEXT_SETTING.split(text.strip()) if setting]


def _column_settings(text: str) -> list[str]:
    settings: list[str] = []
    for pair in filter(None, (part.strip() for part in text.split(","))):
        field, equals, column = (part.strip() for part in pair.partition("="))
        if not equals:
            raise UnreadableError(f"--columns: {pair!r} is not written as field=Column")
        if field not in SHORT:
            raise UnreadableError(f"--columns: {field!r} is not a field; choose from {', '.join(SHORT)}")
        named = [column] if field == "customer" else column
        settings.append(f"{SHORT[field]}={json.dumps(named, ensure_ascii=False) if column else 'null'}")
        if field == "price":
            settings.append("amount.means=unit_price")
    return settings


def asked_files(texts: Sequence[str]) -> list[Path]:
    """Return the files, folders and patterns in texts, each of which is one, or several as in a shell."""
    paths: list[Path] = []
    for text in texts:
        one = Path(text).expanduser()
        if one.exists() or (has_magic(text) and glob(text, recursive=True)):  # noqa: PTH207 -- as find_files
            paths.append(one)
        else:
            paths += [Path(part).expanduser() for part in shlex.split(text)]
    if not paths:
        raise UnreadableError("no file is given")
    return paths
