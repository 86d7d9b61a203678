"""A job's run: a process of kfp.local and those of its tasks, none of which outlives the server."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from localcloud import leash

type Json = dict[str, Any]

CANCEL_GRACE_SECONDS = 10


def output_file(folder: Path, task: str) -> Path:
    """Return the file of a task's outputs in the folder of a run."""
    return folder / "outputs" / f"{task}.json"


class Run:
    """The process that runs a job; its files are in the job's folder."""

    def __init__(
        self,
        folder: Path,
        spec: Json,
        job_id: str,
        parameters: Json,
        fail_fast: bool,
        preload: Sequence[str] = (),
    ) -> None:
        """Start the process; `preload` are the modules that its tasks need not import themselves."""
        self._temporary = folder / "tmp"
        for name in ("logs", "artifacts", "tmp"):
            (folder / name).mkdir()
        run = {"job_id": job_id, "parameters": parameters, "fail_fast": fail_fast, "preload": preload}
        (folder / "spec.json").write_text(json.dumps(spec), encoding="utf-8")
        (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")
        with (folder / "run.log").open("wb") as log:
            self._leash = subprocess.Popen(
                [*_LEASH, sys.executable, "-W", "ignore", "-m", "localcloud.vertex.kfp_child", str(folder)],
                env={
                    **os.environ,
                    "OMP_WAIT_POLICY": "PASSIVE",
                    "PYTHONUNBUFFERED": "1",
                    "TMPDIR": str(self._temporary),
                },
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,  # it survives a kill of the server's group, to end the tasks
            )

    def events(self) -> Iterator[Json]:
        """Yield the events that the process reports until it has ended."""
        assert self._leash.stdout is not None  # noqa: S101 - it was asked for
        for line in self._leash.stdout:
            yield json.loads(line, parse_constant=str)  # a metric may be NaN, which no message can hold

    def wait(self) -> int:
        """Wait until no process of the run is left; return the exit code."""
        code = self._leash.wait()
        for stream in (self._leash.stdin, self._leash.stdout):
            if stream:
                stream.close()
        shutil.rmtree(self._temporary, ignore_errors=True)
        return code

    def cancel(self) -> None:
        """Send SIGTERM to the first process of each task; kill what is left after the grace period."""
        self._leash.terminate()


_LEASH = [sys.executable, "-I", "-S", leash.__file__, f"--grace={CANCEL_GRACE_SECONDS}", "--first"]
