"""The runner follows the steps by what they log, and refuses parameters that the pipeline does not have."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.batch.pipeline import StepEvent, _follow, check_parameters


def line(step: str, state: str, **more: str) -> str:
    return "    " + json.dumps({"message": "…", "step": step, "state": state, **more}) + "\n"


def follow(lines: list[str]) -> tuple[str, list[tuple[str, str]]]:
    events: list[StepEvent] = []
    given: Iterator[str] = iter(lines)
    failure = _follow(given, events.append)
    return failure, [(event.step, event.state) for event in events]


def test_a_failed_step_is_named_with_its_cause() -> None:
    failure, events = follow(["noise\n", line("a", "RUNNING"), line("a", "FAILED", error="no bucket")])
    assert failure == "a failed: no bucket"
    assert events == [("a", "RUNNING"), ("a", "FAILED")]


def test_a_step_that_succeeds_at_the_second_try_is_no_failure() -> None:
    failure, _ = follow([line("a", "FAILED", error="once"), line("a", "RUNNING"), line("a", "SUCCEEDED")])
    assert failure == ""


def test_a_branch_that_could_not_be_resolved_fails_the_run() -> None:
    failure, _ = follow(["WARNING Could not resolve parent input x\n", line("a", "SUCCEEDED")])
    assert "Could not resolve parent input x" in failure


@pytest.mark.parametrize(
    ("parameters", "message"),
    [({"as_of": "2026-01-31"}, "missing .'project'"), ({"asof": "x", "project": "p"}, "unknown .'asof'")],
)
def test_wrong_parameters_are_refused(tmp_path: Path, parameters: dict[str, str], message: str) -> None:
    spec = tmp_path / "spec.json"
    inputs = {"as_of": {"defaultValue": ""}, "project": {}}
    spec.write_text(json.dumps({"root": {"inputDefinitions": {"parameters": inputs}}}))
    with pytest.raises(ValueError, match=message):
        check_parameters(spec, parameters)
