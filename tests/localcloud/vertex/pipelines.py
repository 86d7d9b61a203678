"""The pipelines that the tests run; each compiles to a specification as the orchestrator would send it."""

import json
import warnings
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from kfp import compiler, dsl
from kfp.dsl import Dataset, Input, Metrics, Output

from pipelines.compile import heard

component = dsl.component(base_image="python:3.13", install_kfp_package=False)


@component
def write_rows(rows: int, table: Output[Dataset], quality: Output[Metrics]) -> int:
    from pathlib import Path

    Path(table.path).write_text("row\n" * rows)
    table.metadata["rows"] = rows
    quality.log_metric("share_rejected", 0.25)
    return rows * 2


@component
def read_rows(table: Input[Dataset], doubled: int):
    from pathlib import Path

    print(f"read {len(Path(table.path).read_text().splitlines())} rows, doubled {doubled}")


@component
def fail(cause: str):
    raise ValueError(cause)


@component
def fail_without_words(code: int):
    import sys

    print("the last words")
    sys.exit(code)


@component
def fail_once(marker: str):
    from pathlib import Path

    print("trying")
    if not Path(marker).exists():
        Path(marker).touch()
        raise OSError("the first attempt fails")


@component
def divide_by_zero() -> float:
    return float("nan")


@component
def measure_nothing(quality: Output[Metrics]):
    quality.log_metric("auc", float("nan"))


@component
def say(text: str) -> str:
    print(text)
    return text


@component
def is_large(number: int) -> bool:
    return number > 10


@component
def report_outcome(marker: str, status: dsl.PipelineTaskFinalStatus):
    from pathlib import Path

    Path(marker).write_text(status.state)


@component
def wait_for_sigterm(started: str, cleaned: str):
    """Touch `started`, wait for ever, and on SIGTERM take half a second to clean up before `cleaned`."""
    import signal
    import sys
    import time
    from pathlib import Path

    def clean_up(*_):
        time.sleep(0.5)
        Path(cleaned).touch()
        print("cleaned up")
        sys.exit(1)

    signal.signal(signal.SIGTERM, clean_up)
    Path(started).touch()
    while True:
        time.sleep(0.1)


@dsl.pipeline
def succeeding(rows: int, share: float = 0.5, title: str = "", verbose: bool = False):
    written = write_rows(rows=rows)
    read_rows(table=written.outputs["table"], doubled=written.outputs["Output"])


@dsl.pipeline
def failing(marker: str, cause: str = "no bucket called lake\nmake one"):
    last = report_outcome(marker=marker)
    with dsl.ExitHandler(last, name="batch"):
        failed = fail(cause=cause)
        say(text="not reached").after(failed)
        say(text="independent")


@dsl.pipeline
def failing_flat(code: int = 7):
    failed = fail_without_words(code=code)
    say(text="not reached").after(failed)
    for number in range(6):
        say(text=f"independent {number}")


@dsl.pipeline
def retried(marker: str):
    fail_once(marker=marker).set_retry(num_retries=1)


@dsl.pipeline
def endless(started: str, cleaned: str):
    waiting = wait_for_sigterm(started=started, cleaned=cleaned).set_retry(num_retries=2)
    say(text="not reached").after(waiting)


@dsl.pipeline
def unmeasured(marker: str):
    with dsl.ExitHandler(report_outcome(marker=marker), name="batch"):
        divide_by_zero()
        measure_nothing()


@dsl.pipeline
def branching(number: int):
    large = is_large(number=number)
    with dsl.If(large.output == True, name="large"):  # noqa: E712 - kfp's own comparison
        say(text="large")
    with dsl.ParallelFor(["a", "b"]) as letter, dsl.ParallelFor(["1"]):
        say(text=letter)


@dsl.pipeline
def unresolved(text: str):
    said = say(text=text)
    with dsl.If(said.output == "it's", name="quoted"):
        say(text="equal")


@dsl.pipeline
def endless_unheard(started: str, cleaned: str):
    wait_for_sigterm(started=started, cleaned=cleaned)


@cache
def compiled(pipeline: dsl.base_component.BaseComponent) -> dict:
    """Return the pipeline's specification."""
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        path = Path(folder) / "pipeline.json"
        compiler.Compiler().compile(pipeline, str(path))
        text = path.read_text()
        return json.loads(heard(text) if pipeline is endless else text)
