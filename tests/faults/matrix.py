"""The matrix of a step's calls and the faults: each is tried, mended by a plain rerun, and checked."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from tests.faults.attempt import End, make_attempt
from tests.faults.calls import Call, Trap
from tests.faults.child import Work
from tests.faults.fault import Fault
from tests.faults.ground import Ground
from tests.faults.killing import Killer
from tests.faults.steps import STEPS, Step, run_ids

OF_CALLS = (
    Fault.TOO_MANY,
    Fault.INTERNAL,
    Fault.UNAVAILABLE,
    Fault.TIME_OUT,
    Fault.RESET,
    Fault.HALF,
    Fault.LOST,
)
READING = ("GET", "RPC RunQuery", "RPC ReadRows", "RPC CreateReadSession", "RPC BatchGetDocuments")
KILLABLE = ("bigquery", "storage", "firestore", "dataform", "vertex")
OF_MACHINES = (Fault.DISK_FULL, Fault.CLOCK_JUMPS)
ALL = (*OF_CALLS, Fault.OUTAGE, Fault.KILLED_BEFORE, Fault.KILLED_AFTER, Fault.SERVICE_KILLED, *OF_MACHINES)
CLEAR = {"StepError", "GoogleAPIError", "GoogleAuthError", "RequestException", "OSError", "SystemExit"}
NUMBERS = itertools.count()


class Outcome(StrEnum):
    """A fault's effect: none; a clear failure that a plain rerun mended; anything else."""

    SURVIVED = "survived"
    MENDED = "mended"
    BAD = "bad"


@dataclass(frozen=True)
class Case:
    """A fault at a call of a step."""

    step: str
    trap: Trap

    def __str__(self) -> str:
        """Return it as one line."""
        return f"{self.step}, {self.trap.fault} at {self.trap.call}"


@dataclass(frozen=True)
class Result:
    """The outcome of a case, and what was reported."""

    step: str
    fault: str
    outcome: Outcome
    where: str
    said: str


def calls_of(ground: Ground, step: Step) -> list[Call]:
    """Return the calls of a good run, in the order recorded."""
    name = new_name()
    step.prepare(ground, name)
    end = attempt_at(ground, step, name, again=False)
    if problems := [*step.account(ground, name, run_ids(name)[0])] if end.is_done else [_said(end)]:
        raise AssertionError(f"{step.name} failed without a fault: {problems}")
    return end.calls.seen


def cases_of(step: str, calls: list[Call]) -> Iterator[Case]:
    """Yield each fault of each call, kill -9 of the step and its services at three moments, and the rest.

    A lost answer is left out for calls that only read, for which it is the same as a reset.
    """
    for call, fault in itertools.product(calls, OF_CALLS):
        if fault is not Fault.LOST or not call.what.startswith(READING):
            yield Case(step, Trap(call, fault))
    services = {call.service: call for call in calls}
    for call in services.values():
        yield Case(step, Trap(call, Fault.OUTAGE))
    yield Case(step, Trap(calls[0], Fault.KILLED_BEFORE))
    yield Case(step, Trap(calls[len(calls) // 2], Fault.KILLED_AFTER))
    yield Case(step, Trap(calls[-1], Fault.KILLED_AFTER))
    for service in services.keys() & set(KILLABLE):
        own = [call for call in calls if call.service == service]
        for place in sorted({0, len(own) // 2, len(own) - 1}):
            yield Case(step, Trap(own[place], Fault.SERVICE_KILLED))
    for fault in OF_MACHINES:
        yield Case(step, Trap(Call("machine", fault, 1), fault))


def try_case(ground: Ground, case: Case) -> Result:
    """Inject the fault, rerun the step if it failed, and check that the result is right."""
    step, name = STEPS[case.step], new_name()
    step.prepare(ground, name)
    end = attempt_at(ground, step, name, again=False, trap=case.trap)
    if case.trap.fault is Fault.SERVICE_KILLED and ground.cloud:
        ground.cloud.revive()
    if not end.calls.met:
        outcome, said = Outcome.BAD, "the call was not made, so the fault was not met"
    elif problems := list(_unclean(end)):
        outcome, said = Outcome.BAD, problems[0]
    elif end.is_done and not (failed := step.failed(ground, name, run_ids(name)[0])):
        outcome, said = judge(step.account(ground, name, run_ids(name)[0]), Outcome.SURVIVED, "")
    else:
        first = failed if end.is_done else _said(end)
        outcome, said = _mended(ground, step, name, first)
    return Result(case.step, case.trap.fault, outcome, str(case.trap.call), said)


def _said(end: End) -> str:
    return f"{end.failure.kind}: {end.failure.message}" if end.failure else "killed"


def _mended(ground: Ground, step: Step, name: str, first: str) -> tuple[Outcome, str]:
    again = attempt_at(ground, step, name, again=True)
    if not again.is_done:
        told = again.failure.message if again.failure else again.state
        return Outcome.BAD, f"a rerun failed as well: {told} (at first {first})"
    return judge(step.account(ground, name, run_ids(name)[1]), Outcome.MENDED, first)


def judge(problems: Iterable[str], good: Outcome, said: str) -> tuple[Outcome, str]:
    """Return the good outcome, unless the accounting found a problem or failed itself."""
    try:
        found = list(problems)
    except Exception as error:  # noqa: BLE001 -- what the accounting looks for is not there
        found = [f"{type(error).__name__}: {error}"]
    return (Outcome.BAD, f"{'; '.join(found)} (at first {said})") if found else (good, said)


def _unclean(end: End) -> Iterator[str]:
    """Yield why an attempt ended neither well nor with an error that says what happened."""
    if end.state == "hung":
        yield "it hangs"
    if end.failure and not (end.failure.kinds & CLEAR and end.failure.message.strip()):
        yield f"it does not say what happened: {end.failure.kind}: {end.failure.message}"


def attempt_at(
    ground: Ground, step: Step, name: str, *, again: bool, trap: Trap | None = None, work: Work | None = None
) -> End:
    """Make an attempt at a step, or at the given work instead."""
    run_id = run_ids(name)[again]
    folder = Path(ground.folder, run_id)
    work = work or step.work(ground, name, run_id, str(folder))
    killer = Killer()
    if trap and ground.cloud:
        killer.kill_service = partial(ground.cloud.kill, trap.call.service)
    return make_attempt(name, work, ground.endpoints, folder.with_suffix(".log"), trap, killer)


def new_name() -> str:
    """Return a name that is not yet in use."""
    return f"f{next(NUMBERS):04}x"
