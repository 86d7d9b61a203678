"""Which runs a list shows: by text, day, state and trigger, as given in its address."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from localcloud.console.runs import Run

FIELDS = ("q", "day", "state", "trigger")


@dataclass(frozen=True)
class Search:
    """The criteria a run must meet; an empty one matches every run."""

    q: str = ""
    day: str = ""
    state: str = ""
    trigger: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether it matches every run."""
        return not any(asdict(self).values())

    def matches(self, run: Run, value: str, with_state: bool = True) -> bool:
        """Return whether a run matches; `value` is that of the parameter that distinguishes runs."""
        return (
            (not with_state or self.state in ("", run.state.word))
            and self.trigger in ("", trigger_of(run))
            and self.day in ("", value, run.created.date().isoformat())
            and all(word in _searchable_text(run) for word in self.q.casefold().split())
        )

    def address(self, **changes: str | int) -> str:
        """Return the address of the list with some criteria changed."""
        asked = {name: word for name, word in (asdict(self) | changes).items() if word}
        return "/?" + urlencode(asked) if asked else "/"


def search_of(query: Mapping[str, str]) -> Search:
    """Return the search that a URL's query asks for."""
    return Search(**{name: query.get(name, "").strip() for name in FIELDS})


def trigger_of(run: Run) -> str:
    """Return what started a run, according to its label."""
    return str(run.labels.get("trigger", ""))


def _searchable_text(run: Run) -> str:
    """Return the text of a run that a search looks at."""
    values = [*run.labels.values(), *map(str, run.parameters.values())]
    return "\n".join([run.id, run.pipeline, run.error, *values]).casefold()
