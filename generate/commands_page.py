"""docs/commands.md: every command with its options, as `--help` prints it."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "commands.md"
# By whom they are used; of a program with verbs, MODULE:VERB, each verb.
PROGRAMS = {
    "A day of the batch on a laptop": ("laptop.batch", "laptop.rebuild", "laptop.clean"),
    "What came of it": (
        *("dashboard", "explain", "sql"),
        *("audience", "audience:list", "audience:start", "audience:effect"),
    ),
    "Your own data": (
        *("sources", "sources:check", "sources:presets", "erase"),
        *("generators.own_sales", "generators.sales", "generators.clickstream", "generators.startups"),
    ),
    "Google Cloud": ("infra.deploy", "infra.cost", "pipelines.smoke", "orchestrator"),
    "The laptop's cloud": (
        *("localcloud", "localcloud:up", "localcloud:down", "localcloud:status", "localcloud:run"),
        *("localcloud.bigquery", "localcloud.storage", "localcloud.firestore"),
        *("localcloud.dataform", "localcloud.dataform.compile", "localcloud.dataform.install"),
        "localcloud.vertex",
    ),
    "Work on the project": ("generate", "pipelines.compile"),
}
UNSET = ("GOOGLE_CLOUD_PROJECT", "MAKEFLAGS", "MFLAGS", "MAKELEVEL")
INTRODUCTION = """# Commands

Made by `make generate`, by asking each command for its help: change it there, not here.

`make` sets everything up before it runs a command, in `.venv`; by itself a command is
`.venv/bin/python -m MODULE`. The exit code is 0 when all went well, and 2 for words that it does not know.

## make
"""


def page() -> str:
    """Return the page: make's targets, then each program by who uses it."""
    texts = helps(*(name for names in PROGRAMS.values() for name in names))
    parts = [INTRODUCTION, f"```text\n{_ran('make', '--no-print-directory', 'help').strip()}\n```\n"]
    for title, names in PROGRAMS.items():
        parts.append(f"## {title}\n")
        for name in names:
            parts += [
                f"### python -m {name.replace(':', ' ')}\n",
                f"```text\n{without_usage(texts[name])}\n```\n",
            ]
    return "\n".join(parts)


def helps(*names: str) -> dict[str, str]:
    """Return what these programs print for --help; raise RuntimeError when one of them fails."""
    texts: dict[str, str] = json.loads(_ran(sys.executable, "-m", "generate.help", *names))
    return texts


def _ran(*command: str) -> str:
    """Return what a command prints where neither another make nor a project is told of."""
    variables = {name: value for name, value in os.environ.items() if name not in UNSET}
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


def without_usage(text: str) -> str:
    """Return a help without its first paragraph, whose line breaks differ between releases of Python."""
    return text.partition("\n\n")[2].strip()
