"""Get sales into the stand-ins: generated days, or the user's own transactions."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Collection
from datetime import date, timedelta
from pathlib import Path

from components.shared.clients import firestore_client
from components.shared.command_line import READER_LEFT
from components.shared.names import COLLECTION, DATABASE
from generators.arguments import DEFAULT_OPS_PER_SECOND
from generators.campaign_response import CampaignResponse
from generators.own_import import Ask, Target, import_sales, write_identifiers
from generators.own_reading import CheckedSales
from laptop.state import BatchState


class SalesError(Exception):
    """The sales could not be imported; the command that failed has printed the message."""


def generate(
    state: BatchState,
    as_of: date,
    days: int,
    arguments: list[str],
    sources: Collection[str],
    response: CampaignResponse | None = None,
) -> None:
    """Generate the missing days before as_of; the first time, `days` of them.

    The arguments are those of the sales and clickstream generators; a campaign only affects sales.
    """
    through = as_of - timedelta(days=1)
    if state.generated_through:
        days = (through - date.fromisoformat(state.generated_through)).days
        if days <= 0:
            return
    period = ["--date", through.isoformat(), "--days", str(days)]
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        response_options = []
        if response:
            response.save(Path(file.name))
            response_options = ["--action", file.name]
        _generate(period, arguments, response_options, sources)
    state.generated_through, state.source = through.isoformat(), ""


def _generate(
    period: list[str], arguments: list[str], response_options: list[str], sources: Collection[str]
) -> None:
    commands = [
        ["generators.sales", *arguments, *response_options],
        *([["generators.clickstream", *arguments]] if "clickstream" in sources else []),
        *([["generators.startups"]] if "startups" in sources else []),
    ]
    # In groups of their own, Ctrl-C reaches only this process, which reports it once.
    children = [
        subprocess.Popen([sys.executable, "-m", *command, *period], process_group=0) for command in commands
    ]
    try:
        codes = [child.wait() for child in children]
    finally:
        for child in children:
            child.terminate()
            child.wait()
    if READER_LEFT in codes:
        raise BrokenPipeError
    if any(codes):
        raise SalesError("the generators failed: see their messages above")


def import_own(state: BatchState, sales: CheckedSales, replace: Ask, *, anew: bool = False) -> None:
    """Import checked sales unless exactly these were imported last, and record their number in the state.

    Sales from an earlier reading of the same files are deleted without asking. `anew` imports in any case.
    """
    imported = f"{sales.digest} {sales.reading}"
    if anew or state.sales != imported:
        _import(state, sales, replace)
        state.sales, state.generated_through = imported, sales.last.isoformat()
    state.source = sales.source
    sales.file.unlink()  # a copy that an erasure would not find


def _import(state: BatchState, sales: CheckedSales, replace: Ask) -> None:
    identifiers = sales.file.with_name("identifiers.parquet")
    again = state.sales.partition(" ")[0] == sales.digest and identifiers.exists()
    client = firestore_client(os.environ["GOOGLE_CLOUD_PROJECT"], DATABASE)
    target = Target(client, COLLECTION, DEFAULT_OPS_PER_SECOND)
    done = import_sales(sales, target, replace, identifiers if again else None)
    write_identifiers(sales, identifiers)
    print(f"{done} for {sales.source}", flush=True)
    state.expected_documents = done.written + done.kept
