"""A receipt's data may be denied or fail for long: this is logged, and otherwise does not affect a run."""

from collections.abc import Sequence

import pytest

from tests.faults.calls import Call, Trap
from tests.faults.fault import Fault
from tests.faults.ground import Ground, record_of
from tests.faults.matrix import attempt_at, calls_of, new_name
from tests.faults.steps import STEPS, run_ids

BUILD, RECORD = STEPS["run_dataform"], STEPS["record_run"]
FAULTS = (Fault.DENIED, Fault.OUTAGE, Fault.RESET, Fault.HALF)


@pytest.fixture(scope="module")
def asking_for_jobs(ground: Ground) -> Call:
    """The first call with which a build looks up its jobs, after it has queried its actions."""
    return _after(calls_of(ground, BUILD), ":query", "bigquery")


def _after(calls: Sequence[Call], end: str, service: str) -> Call:
    heard = max(number for number, call in enumerate(calls) if call.what.endswith(end))
    return next(call for call in calls[heard:] if call.service == service)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_build_ends_well_without_its_bytes(ground: Ground, asking_for_jobs: Call, fault: Fault) -> None:
    name = new_name()
    BUILD.prepare(ground, name)
    end = attempt_at(ground, BUILD, name, again=False, trap=Trap(asking_for_jobs, fault))
    assert (end.state, end.calls.met > 0) == ("done", True), end
    assert list(BUILD.account(ground, name, run_ids(name)[0])) == []
    is_mended = fault in (Fault.RESET, Fault.HALF)  # by a retry
    assert (
        record_of(ground, "faults-lake", run_ids(name)[0], "run_dataform")["counts"]["bytes_billed"] > 0
    ) == (is_mended)
    assert ("the receipt omits the cost of the warehouse" in _log(ground, name)) != is_mended


@pytest.mark.parametrize("fault", FAULTS)
def test_a_run_keeps_its_row_without_its_machines(ground: Ground, fault: Fault) -> None:
    name = new_name()
    RECORD.prepare(ground, name)
    job = next(call for call in calls_of(ground, RECORD) if call.service == "vertex")
    end = attempt_at(ground, RECORD, name, again=False, trap=Trap(job, fault))
    assert (end.state, end.calls.met > 0) == ("done", True), end
    assert list(RECORD.account(ground, name, run_ids(name)[0])) == []
    assert "has no machines" in _log(ground, name)


def _log(ground: Ground, name: str) -> str:
    return (ground.folder / run_ids(name)[0]).with_suffix(".log").read_text(encoding="utf-8")
