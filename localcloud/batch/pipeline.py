"""Run the compiled pipeline in a child process and follow its steps by the lines that they log."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

UNRESOLVED = ("Could not resolve parent input", "Condition evaluation failed")
Parameters = Mapping[str, str | int | float]


class PipelineFailedError(Exception):
    """The pipeline ended in failure; the message names the step and its cause."""


@dataclass(frozen=True)
class StepEvent:
    """A step started (state RUNNING) or ended (SUCCEEDED or FAILED, with counts or an error)."""

    step: str
    state: str
    record: dict[str, Any]


def check_parameters(spec: Path, parameters: Parameters) -> None:
    """Raise ValueError when a parameter is unknown or a required one is missing."""
    defined = json.loads(spec.read_text(encoding="utf-8"))["root"]["inputDefinitions"]["parameters"]
    unknown = sorted(set(parameters) - set(defined))
    missing = sorted(
        name
        for name, of in defined.items()
        if "defaultValue" not in of and not of.get("isOptional") and name not in parameters
    )
    if unknown or missing:
        raise ValueError(f"pipeline parameters: unknown {unknown}, missing {missing}")


def run_pipeline(
    spec: Path,
    parameters: Parameters,
    folder: Path,
    environment: Mapping[str, str],
    on_event: Callable[[StepEvent], None],
) -> None:
    """Run a compiled pipeline; artifacts and run.log lie in the folder afterwards.

    environment holds the addresses of the services. Raises PipelineFailedError naming the failed step.
    """
    check_parameters(spec, parameters)
    folder.mkdir(parents=True, exist_ok=True)
    parameters_file = folder / "parameters.json"
    parameters_file.write_text(json.dumps(dict(parameters), indent=1), encoding="utf-8")
    command = [sys.executable, "-m", "localcloud.batch.kfp_child"]
    command += [str(spec), str(parameters_file), str(folder / "artifacts")]
    child = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **environment, "OMP_WAIT_POLICY": "PASSIVE", "PYTHONUNBUFFERED": "1"},
        start_new_session=True,
    )
    try:
        failure = _follow(_logged(child, folder / "run.log"), on_event)
        code = child.wait()
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGTERM)
            child.wait()
    if code or failure:
        raise PipelineFailedError(failure or f"the pipeline failed: see {folder / 'run.log'}")


def _logged(child: "subprocess.Popen[str]", log: Path) -> Iterator[str]:
    assert child.stdout is not None  # noqa: S101 - it was asked for
    with log.open("w", encoding="utf-8") as out:
        for line in child.stdout:
            out.write(line)
            out.flush()
            yield line


def _follow(lines: Iterator[str], on_event: Callable[[StepEvent], None]) -> str:
    """Report the steps' events; return why the run failed, or an empty string."""
    failures: dict[str, str] = {}
    for line in lines:
        if any(sign in line for sign in UNRESOLVED):
            failures["kfp"] = line.strip()
        event = _event(line)
        if event is None:
            continue
        on_event(event)
        if event.state == "FAILED":
            failures[event.step] = f"{event.step} failed: {event.record.get('error', '')}"
        else:
            failures.pop(event.step, None)
    return "\n".join(failures.values())


def _event(line: str) -> StepEvent | None:
    text = line.strip()
    if not (text.startswith("{") and '"step"' in text):
        return None
    record = json.loads(text)
    return StepEvent(record["step"], record["state"], record)
