"""Break the Terraform configuration, or code that follows Google's rules, one way at a time: is it noticed?

python -m tests.infra.mutations            all of them, two in parallel; exit code 1 if one goes unnoticed
python -m tests.infra.mutations WORD       those whose description contains the word
"""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from infra.stub.terraform import INFRA, copied

ROOT = Path(__file__).parents[2]
TESTS = [
    *(f"tests/infra/test_{name}.py" for name in ("access", "alerts", "dashboard", "dataform", "project")),
    *(f"tests/infra/test_{name}.py" for name in ("run", "storage", "terraform")),
    "tests/infra/deploy/test_deploy.py::test_the_outputs_are_those_that_terraform_gives",
]
SECONDS = 600
INSTALLED = ("localcloud/dataform/compiler/node_modules", "tests/dashboard/axe/node_modules")


@dataclass(frozen=True)
class Mutation:
    """A change to one file: the first occurrence of `old`, which must exist, becomes `new`.

    Without its own tests, a mutation applies to infra/ and runs TESTS; with them, to the whole project.
    """

    what: str
    file: str
    old: str
    new: str
    tests: list[str] = field(default_factory=list)

    def break_copy(self, folder: Path) -> None:
        """Break a copy of the configuration."""
        path = folder / self.file
        text = path.read_text(encoding="utf-8")
        if self.old not in text:
            raise SystemExit(f"{self.what}: {self.file} does not hold {self.old!r}")
        path.write_text(text.replace(self.old, self.new, 1), encoding="utf-8")
        if self.what != "unformatted":  # the change must be noticed, not its layout
            subprocess.run(["terraform", "fmt", "-recursive"], cwd=folder, capture_output=True, check=False)


MUTATIONS = [
    Mutation(**each)
    for each in tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["mutation"]
]


def notice(mutation: Mutation) -> str:
    """Return the test that noticed a mutation, or an empty string if none did."""
    with tempfile.TemporaryDirectory() as folder:
        broken = Path(folder) / "broken"
        if not mutation.tests:
            mutation.break_copy(copied(INFRA, broken))
            return _first_failure(ROOT, TESTS, INFRA_FOLDER=str(broken))
        copy_project(broken)
        mutation.break_copy(broken)
        return _first_failure(broken, mutation.tests, PYTHONPATH=str(broken))


def copy_project(to: Path) -> None:
    """Copy all files that git tracks or would add, with links to what npm installed."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)
    for installed in INSTALLED:
        (to / installed).symlink_to(ROOT / installed)


def _first_failure(folder: Path, tests: list[str], **environment: str) -> str:
    words = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(
        words, cwd=folder, env=os.environ | environment, capture_output=True, text=True, timeout=SECONDS,
        check=False,
    )  # fmt: skip
    told = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return told[0].partition("::")[2].partition(" - ")[0] if done.returncode == 1 and told else ""


def main(words: list[str]) -> int:
    """Print which test noticed each mutation; return 1 if one went unnoticed."""
    chosen = [each for each in MUTATIONS if all(word in each.what for word in words)]
    unnoticed = 0
    with ThreadPoolExecutor(2) as pool:
        for mutation, test in zip(chosen, pool.map(notice, chosen), strict=True):
            unnoticed += not test
            print(f"{'noticed  ' if test else 'UNNOTICED'}  {mutation.what}  {test}", flush=True)
    print(f"{len(chosen) - unnoticed} of {len(chosen)} mutations were noticed")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
