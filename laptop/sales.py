"""Get sales into the stand-ins: generated days, or the user's own transactions."""

import hashlib
import subprocess
import sys
from collections.abc import Collection
from datetime import date, timedelta
from pathlib import Path

from generators.own_documents import Reading
from generators.own_sales import import_sales
from laptop.state import BatchState


class SalesError(Exception):
    """The sales could not be brought in; the message has been printed by the command that failed."""


def generate(
    state: BatchState, as_of: date, days: int, arguments: list[str], sources: Collection[str]
) -> None:
    """Generate the days that are missing before as_of, at the first time `days` of them.

    The arguments are those of the generators of sales and of clickstream.
    """
    through = as_of - timedelta(days=1)
    if state.generated_through:
        days = (through - date.fromisoformat(state.generated_through)).days
        if days <= 0:
            return
    period = ["--date", through.isoformat(), "--days", str(days)]
    commands = [
        ["generators.sales", *arguments],
        *([["generators.clickstream", *arguments]] if "clickstream" in sources else []),
        *([["generators.startups"]] if "startups" in sources else []),
    ]
    children = [subprocess.Popen([sys.executable, "-m", *command, *period]) for command in commands]
    codes = [child.wait() for child in children]
    if any(codes):
        raise SalesError("the generators failed: their messages stand above")
    state.generated_through = through.isoformat()


def import_own(state: BatchState, path: Path, columns: str, reading: Reading) -> date:
    """Bring the user's own transactions in, unless this very file was, read alike; return their last day."""
    with path.open("rb") as file:
        digest = f"{hashlib.file_digest(file, 'sha256').hexdigest()} {columns} {reading}"
    if state.sales != digest:
        summary = import_sales(path, columns, reading=reading)
        state.sales, state.generated_through = digest, summary.last.isoformat()
    return date.fromisoformat(state.generated_through)
