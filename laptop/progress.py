"""Show a run's tasks as they progress: a live table in a terminal, elsewhere a line per finished task."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from components.shared.command_line import plain
from laptop.trigger import Task

WORDS = {
    "PENDING": Text("waiting", "dim"),
    "RUNNING": Text("running", "yellow"),
    "SUCCEEDED": Text("done", "green"),
    "SKIPPED": Text("kept", "green"),
    "FAILED": Text("failed", "red"),
    "NOT_TRIGGERED": Text("not reached", "dim"),
}
TASK_WIDTH = 52  # of a task's name, state and seconds
WAREHOUSE = "run-dataform"  # the task whose actions are shown


class TaskProgress:
    """The tasks of a run on a console; `seconds` is the sum of their times."""

    def __init__(self, console: Console, actions: Callable[[], object] = lambda: None) -> None:
        """Show on this console; `actions` reports the warehouse's progress, if wanted."""
        self.console = console
        self._actions = actions
        self._told = ""
        self.tasks: Sequence[Task] = ()
        self._live: Live | None = None
        self._said: set[str] = set()

    @property
    def seconds(self) -> float:
        """The sum of the tasks' times."""
        return sum(task.seconds or 0.0 for task in self.tasks)

    @contextmanager
    def show_live(self) -> Iterator[None]:
        """Keep the table on the screen for the duration of the block."""
        if not self.console.is_terminal:
            yield
            return
        with Live(get_renderable=self._table, console=self.console, refresh_per_second=4) as self._live:
            yield

    def show(self, tasks: Sequence[Task]) -> None:
        """Update the tasks' states."""
        self.tasks = tasks
        if any(task.name == WAREHOUSE and task.state == "RUNNING" for task in tasks):
            self._print_actions()
        if self._live is not None:
            return
        for task in tasks:
            if task.state in ("SUCCEEDED", "SKIPPED", "FAILED") and task.name not in self._said:
                self._said.add(task.name)
                seconds = "" if task.seconds is None else f" {task.seconds:6.1f} s"
                self.console.print(Text.assemble(f"  {plain(task.name):<18} ", WORDS[task.state], seconds))

    def _print_actions(self) -> None:
        told = plain(self._actions() or "")
        if told != self._told and self._live is None:
            self.console.print(Text(f"  {WAREHOUSE:<18} {told}"))
        self._told = told

    def _table(self) -> Table:
        table = Table(box=None, show_header=False, padding=(0, 2))
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(justify="right", no_wrap=True)
        rest = max(self.console.width - TASK_WIDTH, 1)  # a long name takes no room from the others
        table.add_column(no_wrap=True, overflow="ellipsis", max_width=rest)
        for task in self.tasks:
            seconds = "" if task.seconds is None else f"{task.seconds:.1f} s"
            told = self._told if task.name == WAREHOUSE and task.state == "RUNNING" else ""
            word = WORDS.get(task.state, Text(task.state.lower()))
            table.add_row(Text(plain(task.name)), word, seconds, Text(told))
        return table
