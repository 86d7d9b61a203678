"""Show the steps of a run as they go: a live table in a terminal, a line an event elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console
from rich.live import Live
from rich.table import Table

from localcloud.batch.pipeline import StepEvent

STEPS = ("export_sales", "run_dataform", "extract_features", "train_churn_model", "write_predictions")
MARKS = {"RUNNING": "[yellow]running[/]", "SUCCEEDED": "[green]done[/]", "FAILED": "[red]failed[/]"}


class StepProgress:
    """The state and the seconds of each step of a run; seconds_in_steps is the work of the steps alone."""

    def __init__(self, console: Console) -> None:
        """Show on this console."""
        self.console = console
        self.seconds_in_steps = 0.0
        self._state: dict[str, str] = {}
        self._started: dict[str, float] = {}
        self._seconds: dict[str, float] = {}
        self._live: Live | None = None

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Keep the table on the screen for the time of the block."""
        if not self.console.is_terminal:
            yield
            return
        with Live(get_renderable=self._table, console=self.console, refresh_per_second=4) as self._live:
            yield

    def on_event(self, event: StepEvent) -> None:
        """Take in that a step started or ended."""
        self._state[event.step] = event.state
        if event.state == "RUNNING":
            self._started[event.step] = time.monotonic()
            return
        started, ended = (datetime.fromisoformat(event.record[key]) for key in ("started_at", "ended_at"))
        seconds = (ended - started).total_seconds()
        self._seconds[event.step] = seconds
        self.seconds_in_steps += seconds
        if self._live is None:
            self.console.print(f"  {event.step:<18} {MARKS[event.state]} {seconds:6.1f} s")

    def _table(self) -> Table:
        table = Table("step", "state", "seconds", box=None, padding=(0, 2))
        for step in STEPS:
            state = self._state.get(step)
            seconds = self._seconds.get(step)
            if state == "RUNNING":
                seconds = time.monotonic() - self._started[step]
            shown = "" if seconds is None else f"{seconds:.1f}"
            table.add_row(step, MARKS.get(state or "", "[dim]waiting[/]"), shown)
        return table
