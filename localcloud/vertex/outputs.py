"""The outputs of a run's tasks, stored as one file per task and restored in kfp's form."""

import json
from pathlib import Path
from typing import Any

from kfp import dsl
from kfp.dsl.executor import create_artifact_instance

from localcloud.vertex.runs import output_file

type Json = dict[str, Any]


class Outputs:
    """The outputs of a run's tasks; a task whose outputs exist before the run starts is not run."""

    def __init__(self, folder: Path) -> None:
        """Read the outputs that already exist in the run's folder."""
        self._folder = folder
        (folder / "outputs").mkdir(exist_ok=True)
        files = (folder / "outputs").glob("*.json")
        self._before = {file.name.removesuffix(".json"): json.loads(file.read_text()) for file in files}

    def keep(self, task: str, described: Json) -> None:
        """Write the outputs of a task."""
        output_file(self._folder, task).write_text(json.dumps(described, default=str), encoding="utf-8")

    def outputs_to_reuse(self, task: str) -> Json | None:
        """Return the outputs of a task that is not to be run, or None for any other task."""
        described = self._before.get(task)
        return None if described is None else _restore(described)


def describe(outputs: Json) -> Json:
    """Return outputs as JSON: parameters as values, artifacts as lists."""
    described: Json = {"parameters": {}, "artifacts": {}}
    for name, value in outputs.items():
        artifacts = value if isinstance(value, list) else [value]
        if artifacts and all(isinstance(artifact, dsl.Artifact) for artifact in artifacts):
            listed = {"artifacts": [_artifact(artifact) for artifact in artifacts]}
            described["artifacts"][name] = listed | {"is_list": isinstance(value, list)}
        else:
            described["parameters"][name] = value
    return described


def _restore(described: Json) -> Json:
    restored: Json = dict(described["parameters"])
    for name, listed in described["artifacts"].items():
        artifacts = [create_artifact_instance(artifact) for artifact in listed["artifacts"]]
        restored[name] = artifacts if listed["is_list"] else artifacts[0]
    return restored


def _artifact(artifact: dsl.Artifact) -> Json:
    kind = {"schemaTitle": artifact.schema_title, "schemaVersion": artifact.schema_version}
    return {"name": artifact.name, "uri": artifact.uri, "metadata": artifact.metadata, "type": kind}
