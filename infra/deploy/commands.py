"""The programs that a deployment runs: terraform, gcloud and git."""

import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from infra.deploy.errors import DeployError

ROOT = Path(__file__).parents[2]
INFRA = ROOT / "infra"
TAG_DIGITS = 12


def run(*words: str, cwd: Path = ROOT) -> None:
    """Run a program with its output shown; raise DeployError if it fails."""
    print(f"$ {shlex.join(words)}", file=sys.stderr, flush=True)
    code = subprocess.run(_resolve_program(words), cwd=cwd, check=False).returncode
    if code:
        raise DeployError(f"{words[0]} {words[1]} ended with code {code}: see above")


def read(*words: str, cwd: Path = ROOT) -> str:
    """Run a program and return what it printed; raise DeployError with its errors if it fails."""
    done = _run_quietly(words, cwd)
    if done.returncode:
        raise DeployError(f"{shlex.join(words)} ended with code {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def succeeds(*words: str) -> bool:
    """Return whether a program succeeds; nothing is printed."""
    return _run_quietly(words, ROOT).returncode == 0


def _run_quietly(words: tuple[str, ...], cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"CLOUDSDK_CORE_DISABLE_PROMPTS": "1"}  # nobody would see gcloud's questions
    return subprocess.run(
        _resolve_program(words), cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def is_installed(program: str) -> bool:
    """Return whether a program is on the PATH."""
    return shutil.which(program) is not None


def _resolve_program(words: tuple[str, ...]) -> list[str]:
    program = shutil.which(words[0])
    if program is None:
        raise DeployError(f"{words[0]} is not on the PATH: install it (docs/deploy.md says which programs)")
    return [program, *words[1:]]


def commit_tag(*, changes_allowed: bool = False) -> str:
    """Return the commit's abbreviated hash; raise DeployError if there are uncommitted changes."""
    if not changes_allowed and (changed := read("git", "status", "--porcelain")):
        raise DeployError(f"commit first, since only commits are deployed; not committed:\n{changed}")
    return read("git", "rev-parse", f"--short={TAG_DIGITS}", "HEAD").strip()[:TAG_DIGITS]


@dataclass(frozen=True)
class Terraform:
    """The terraform program in infra/, for an environment."""

    environment: str
    folder: Path = INFRA

    def init(self) -> None:
        """Fetch the providers with committed hashes, and locate the environment's state."""
        backend = f"-backend-config=envs/{self.environment}.tfbackend"
        flags = ("-input=false", "-reconfigure", "-lockfile=readonly")
        run("terraform", "init", *flags, backend, cwd=self.folder)

    def outputs(self) -> str:
        """Return the outputs as JSON, `{}` before the first apply."""
        return read("terraform", "output", "-json", cwd=self.folder)

    def plan(self, *variables: str, destroy: bool = False) -> None:
        """Show what an apply would change; the state is not locked, so that read access is enough."""
        flags = ["-input=false", "-lock=false", *(["-destroy"] if destroy else [])]
        run("terraform", "plan", *flags, *self._variables(variables), cwd=self.folder)

    def apply(self, *variables: str, approved: bool) -> None:
        """Apply, asking first unless approved beforehand."""
        self._change("apply", variables, approved)

    def destroy(self, *variables: str, approved: bool) -> None:
        """Destroy everything, asking first unless approved beforehand."""
        self._change("destroy", variables, approved)

    def _change(self, command: str, variables: tuple[str, ...], approved: bool) -> None:
        answer = ("-auto-approve", "-input=false") if approved else ()
        run("terraform", command, *answer, *self._variables(variables), cwd=self.folder)

    def _variables(self, variables: tuple[str, ...]) -> list[str]:
        return [f"-var-file=envs/{self.environment}.tfvars", *(f"-var={each}" for each in variables)]
