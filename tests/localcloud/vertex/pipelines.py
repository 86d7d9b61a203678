"""The pipelines that the tests run; each compiles to a specification as the orchestrator would send it."""

import json
import warnings
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from kfp import compiler, dsl
from kfp.dsl import Dataset, Input, Metrics, Output

from pipelines.compile import forward_sigterm

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
def show_process(module: str):
    import os
    import sys
    from pathlib import Path

    parent = Path(f"/proc/{os.getppid()}/cmdline").read_text().split("\0")[2]
    print(f"{module} is {'imported' if module in sys.modules else 'missing'} in a child of {parent}")
    print(f"{sys.argv[1:3]} in {Path.cwd()}, {os.environ['RUNNING']}")
    print("to stderr", file=sys.stderr)


@component
def end_by_signal(number: int):
    import os

    os.kill(os.getpid(), number)


@component
def kill_parent_once(marker: str):
    import os
    import signal
    import time
    from pathlib import Path

    if not Path(marker).exists():
        Path(marker).write_text(str(os.getpid()))
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)


@component
def report_outcome(marker: str, status: dsl.PipelineTaskFinalStatus):
    from pathlib import Path

    Path(marker).write_text(status.state)


@component
def wait_for_sigterm(started: str, cleaned: str):
    """Touch `started` and wait forever; on SIGTERM, clean up for half a second, then touch `cleaned`."""
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
def showing_process(module: str):
    show_process(module=module).set_env_variable("RUNNING", "warm")


@dsl.pipeline
def ending_by_signal(number: int):
    end_by_signal(number=number)


@dsl.pipeline
def losing_its_parent(marker: str):
    kill_parent_once(marker=marker).set_retry(num_retries=1)


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


@component
def plan(shards: int, word: str) -> NamedTuple("Plan", [("numbers", list[int]), ("word", str)]):
    from collections import namedtuple

    return namedtuple("Plan", ["numbers", "word"])(list(range(shards)), word)


@component
def work(folder: str, shard: int, word: str, together: int, failing: int, failures: int):
    """Write a part once `together` shards are at work; shard `failing` fails `failures` times first."""
    import time
    from pathlib import Path

    here = Path(folder)
    attempt = len(list(here.glob(f"started-{shard}-*")))
    (here / f"started-{shard}-{attempt}").touch()
    deadline = time.monotonic() + 60
    while len({path.name.split("-")[1] for path in here.glob("started-*")}) < together:
        if time.monotonic() > deadline:
            raise TimeoutError(f"fewer than {together} shards are at work at once")
        time.sleep(0.05)
    if shard == failing and attempt < failures:
        raise ValueError(f"shard {shard} fails")
    (here / f"part-{shard}").write_text(word)


@component
def join(folder: str) -> int:
    from pathlib import Path

    return len(list(Path(folder).glob("part-*")))


@component
def wait_in_shard(folder: str, shard: int):
    """Mark the start and wait forever; on SIGTERM, leave another mark."""
    import signal
    import sys
    import time
    from pathlib import Path

    def clean_up(*_):
        (Path(folder) / f"cleaned-{shard}").touch()
        sys.exit(1)

    signal.signal(signal.SIGTERM, clean_up)
    (Path(folder) / f"started-{shard}").touch()
    while True:
        time.sleep(0.1)


@component
def say_much(size: int) -> str:
    return "x" * size


@dsl.pipeline
def in_shards(folder: str, shards: int, together: int, failing: int, failures: int):
    planned = plan(shards=shards, word="done")
    with dsl.ParallelFor(planned.outputs["numbers"]) as shard:
        work(
            folder=folder,
            shard=shard,
            word=planned.outputs["word"],
            together=together,
            failing=failing,
            failures=failures,
        ).set_retry(num_retries=1)


@dsl.pipeline
def sharded(marker: str, folder: str, shards: int, together: int = 1, failing: int = -1, failures: int = 0):
    """Parallel tasks in the form that a project should give them: in a pipeline of their own."""
    with dsl.ExitHandler(report_outcome(marker=marker), name="batch"):
        parts = in_shards(folder=folder, shards=shards, together=together, failing=failing, failures=failures)
        join(folder=folder).after(parts)


@dsl.pipeline
def endless_in_shards(folder: str, shards: int):
    planned = plan(shards=shards, word="")
    with dsl.ParallelFor(planned.outputs["numbers"]) as shard:
        waiting = wait_in_shard(folder=folder, shard=shard)
    join(folder=folder).after(waiting)


@dsl.pipeline
def talkative(size: int):
    say_much(size=size)


@component
def make_table(folder: str, rows: int, table: Output[Dataset]) -> int:
    """Leave a receipt, write a table with its row count in the metadata, and return the row count."""
    import uuid
    from pathlib import Path

    (Path(folder) / f"make-{uuid.uuid4()}").touch()
    Path(table.path).write_text("row\n" * rows)
    table.metadata["rows"] = rows
    return rows


@component
def need(folder: str, table: Input[Dataset], rows: int) -> int:
    """Leave a receipt; fail unless the folder holds `mended`; return the three row counts as digits."""
    import uuid
    from pathlib import Path

    here = Path(folder)
    (here / f"need-{uuid.uuid4()}").touch()
    if not (here / "mended").exists():
        raise FileNotFoundError("mended is missing")
    return len(Path(table.path).read_text().splitlines()) + 10 * int(table.metadata["rows"]) + 100 * rows


@component
def tell(folder: str, number: int):
    import uuid
    from pathlib import Path

    (Path(folder) / f"tell-{uuid.uuid4()}").write_text(str(number))


@component
def note_outcome(folder: str, job: str, status: dsl.PipelineTaskFinalStatus):
    from pathlib import Path

    (Path(folder) / f"ended-{job}").write_text(status.state)


@dsl.pipeline
def make_tables(folder: str, rows: int) -> int:
    return make_table(folder=folder, rows=rows).outputs["Output"]


@dsl.pipeline
def resumable(folder: str, rows: int = 3):
    """A step and a group that succeed, a step that needs what may be missing, and one after it."""
    ended = note_outcome(folder=folder, job=dsl.PIPELINE_JOB_NAME_PLACEHOLDER)
    with dsl.ExitHandler(ended, name="batch"):
        made = make_table(folder=folder, rows=rows)
        group = make_tables(folder=folder, rows=rows).after(made)
        needed = need(folder=folder, table=made.outputs["table"], rows=group.output)
        tell(folder=folder, number=needed.output)


@cache
def compiled(pipeline: dsl.base_component.BaseComponent) -> dict:
    """Return the pipeline's specification."""
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        path = Path(folder) / "pipeline.json"
        compiler.Compiler().compile(pipeline, str(path))
        text = path.read_text()
        return json.loads(forward_sigterm(text) if pipeline in (endless, endless_in_shards) else text)
