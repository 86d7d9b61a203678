"""The calls of a step: their names, which have been seen, and the one that a fault is meant for."""

import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.faults.fault import Fault

CHANGING = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{16,64}|(?<=[/_=-])\d{6,}(?=[/?.:-]|$)"
)

PLACES = re.compile(r"\b(projects|locations)/[^/]+")


class Call(NamedTuple):
    """A call that a good run makes: the service, the request, and its number among identical requests."""

    service: str
    what: str
    number: int

    def __str__(self) -> str:
        """Return it as one line."""
        return f"{self.service} {self.what}" + (f" #{self.number}" if self.number > 1 else "")


@dataclass(frozen=True)
class Trap:
    """A fault set for one call."""

    call: Call
    fault: Fault


@dataclass
class Calls:
    """All calls of one attempt in order, across services, and the trap that is set.

    name is the attempt's own, used in the names of its buckets, datasets and runs. It is masked in a call's
    name, so that the calls of two attempts compare equal. A repeated GET counts as one call.
    """

    name: str
    trap: Trap | None = None
    seen: list[Call] = field(default_factory=list)
    met: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._reads: dict[str, Call] = {}

    def arrive(self, service: str, method: str, raw: str) -> Fault | None:
        """Record a call; return the fault that it meets, if any."""
        with self._lock:
            call = self._named(service, method, raw)
            if not self.trap or not self._is_trapped(call):
                return None
            self.met += 1
            return self.trap.fault

    def _is_trapped(self, call: Call) -> bool:
        assert self.trap
        if self.trap.fault == Fault.OUTAGE and self.met:
            return call.service == self.trap.call.service
        return call == self.trap.call and not self.met

    def _named(self, service: str, method: str, raw: str) -> Call:
        read = f"{service} {method} {raw}"
        if method == "GET" and read in self._reads:
            return self._reads[read]
        what = f"{method} {CHANGING.sub('…', PLACES.sub(r'\1/…', raw.replace(self.name, '…')))}"
        self._counts[service, what] += 1
        call = Call(service, what, self._counts[service, what])
        self.seen.append(call)
        if method == "GET":
            self._reads[read] = call
        return call
