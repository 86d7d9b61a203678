"""A copy of the Terraform folder, in which the terraform program runs against the stub provider."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

INFRA = Path(os.environ.get("INFRA_FOLDER", Path(__file__).parents[1]))
LEFT_BY_RUNS = (".terraform*", "*.tfstate*", "*.auto.tfvars", "__pycache__")
LOCAL_STATE = 'terraform {\n  backend "local" {}\n}\n'


@dataclass(frozen=True)
class Resource:
    """A resource as it is after being applied."""

    address: str
    type: str
    values: Mapping[str, Any]


class Terraform:
    """The terraform program in a folder; `environment` points it at its providers."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        """Prepare the folder, with a local state file whatever the configuration says."""
        self.folder, self.environment = folder, environment
        (folder / "backend_override.tf").write_text(LOCAL_STATE)
        self.run("init", "-input=false")

    def run(self, *words: str) -> str:
        """Run a command and return its output; raise AssertionError with its errors if it fails."""
        done = self.attempt(*words)
        if done.returncode:
            raise AssertionError(f"terraform {' '.join(words)}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
        return done.stdout

    def attempt(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command and return how it ended."""
        return subprocess.run(
            ["terraform", words[0], "-no-color", *words[1:]],
            cwd=self.folder,
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def resources(self) -> list[Resource]:
        """Return every resource of the state."""
        state = json.loads(self.run("show", "-json"))
        found = state["values"]["root_module"]["resources"]
        return [Resource(each["address"], each["type"], each["values"]) for each in found]

    def outputs(self) -> dict[str, Any]:
        """Return the outputs as infra/deploy reads them."""
        outputs: dict[str, Any] = json.loads(self.run("output", "-json"))
        return outputs


class Applied:
    """A configuration applied to an empty environment, and the resources that it creates."""

    def __init__(self, terraform: Terraform, *arguments: str) -> None:
        """Apply the configuration."""
        self.terraform, self.arguments = terraform, arguments
        terraform.run("apply", "-input=false", "-auto-approve", *arguments)
        self.resources = terraform.resources()

    def of(self, kind: str) -> list[Mapping[str, Any]]:
        """Return the values of all resources of a type."""
        return [each.values for each in self.resources if each.type == kind]

    def one(self, kind: str, **wanted: Any) -> Mapping[str, Any]:
        """Return the values of the one resource of a type with these values."""
        [found] = [each for each in self.of(kind) if wanted.items() <= each.items()]
        return found


def copied(source: Path, to: Path) -> Path:
    """Return a copy of a Terraform folder without what earlier runs and users left there."""
    shutil.copytree(source, to, ignore=shutil.ignore_patterns(*LEFT_BY_RUNS))
    return to


def blocks(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every block within a value, at any depth."""
    if isinstance(value, Mapping):
        yield value
        for inner in value.values():
            yield from blocks(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from blocks(inner)
