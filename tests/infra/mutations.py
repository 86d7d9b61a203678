"""Break the Terraform configuration in many ways, one at a time, and count which the tests notice.

python -m tests.infra.mutations            all of them, two at a time; exit code 1 when one goes unnoticed
python -m tests.infra.mutations WORD       those whose description holds the word
"""

import os
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.infra.terraform import INFRA, copied

ROOT = Path(__file__).parents[2]
TESTS = ("access", "alerts", "dashboard", "dataform", "project", "run", "storage", "terraform")
SECONDS = 600


@dataclass(frozen=True)
class Mutation:
    """A change of one file: the first place of `old`, which must be there, becomes `new`."""

    what: str
    file: str
    old: str
    new: str

    def break_copy(self, folder: Path) -> None:
        """Break a copy of the configuration."""
        path = folder / self.file
        text = path.read_text(encoding="utf-8")
        if self.old not in text:
            raise SystemExit(f"{self.what}: {self.file} does not hold {self.old!r}")
        path.write_text(text.replace(self.old, self.new, 1), encoding="utf-8")
        if self.what != "unformatted":  # the break is to be noticed, not how it is laid out
            subprocess.run(["terraform", "fmt", "-recursive"], cwd=folder, capture_output=True, check=False)


MUTATIONS = [
    Mutation(**each)
    for each in tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["mutation"]
]


def notice(mutation: Mutation) -> str:
    """Return which test noticed a mutation, an empty text when none did."""
    with tempfile.TemporaryDirectory() as folder:
        broken = copied(INFRA, Path(folder) / "infra")
        mutation.break_copy(broken)
        files = [f"tests/infra/test_{name}.py" for name in TESTS]
        deploy = "tests/infra/deploy/test_deploy.py::test_the_outputs_are_those_that_terraform_gives"
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-x",
                "-q",
                "--no-header",
                "-p",
                "no:cacheprovider",
                *files,
                deploy,
            ],
            cwd=ROOT,
            env=os.environ | {"INFRA_FOLDER": str(broken)},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    told = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return told[0].partition("::")[2].partition(" - ")[0] if done.returncode == 1 and told else ""


def main(words: list[str]) -> int:
    """Print who noticed what; return 1 when something went unnoticed."""
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
