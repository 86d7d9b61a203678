"""Delete the local cloud's data, after listing it and asking: make clean.

examples:
  make clean                            everything in .localcloud
  make clean STATE=.localcloud/other    only this state
  make clean YES=1                      without asking, for scripts
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from components.shared.command_line import end_quietly
from laptop.state import CLOUDS, LOCK, BusyError, is_used, lock_folder


class CleanError(Exception):
    """Nothing is deleted; the message says why."""


def main(arguments: list[str] | None = None) -> int:
    """List the folders and delete them once confirmed; return 1 if they stay."""
    options = _parser().parse_args(arguments)
    try:
        folders = _folders(options.state_dir)
        if not folders:
            print("there is no local data")
            return 0
        _list(folders)
        _confirm(options.yes)
        for folder in folders:
            _delete(folder)
    except (BusyError, CleanError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print("deleted")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m laptop.clean",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--state-dir", type=Path, help=f"only this folder (everything in {CLOUDS})")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    return parser


def _folders(chosen: Path | None) -> list[Path]:
    if chosen is None:
        return sorted(CLOUDS.iterdir()) if CLOUDS.is_dir() else []
    if chosen.exists() and not _is_state(chosen):
        raise CleanError(f"{chosen} is not a folder of make run or make up, so it is not deleted")
    return [chosen] if chosen.exists() else []


def _is_state(path: Path) -> bool:
    return is_used(path) or (path / LOCK).is_file()


def _list(folders: list[Path]) -> None:
    sizes = [_size(folder) for folder in folders]
    for folder, size in zip(folders, sizes, strict=True):
        print(f"{size / 1e6:10,.1f} MB  {folder}")
    print(f"{sum(sizes) / 1e6:10,.1f} MB  in total", flush=True)


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.lstat().st_size for file in files if file.is_symlink() or file.is_file())


def _confirm(is_confirmed: bool) -> None:
    if is_confirmed:
        return
    if not sys.stdin.isatty():
        raise CleanError("nothing is deleted, because this is not a terminal: make clean YES=1 does not ask")
    print("Delete this permanently? Type yes: ", end="", flush=True)
    if sys.stdin.readline().strip() != "yes":
        raise CleanError("nothing is deleted")


def _delete(path: Path) -> None:
    """Stop the local cloud of a folder and delete the folder; raise BusyError if a batch is running there."""
    if not path.is_dir():
        path.unlink()
        return
    if _is_state(path):
        lock_folder(path)
        down = [sys.executable, "-m", "localcloud", "down", "--state-dir", str(path)]
        if (path / "state.json").exists() and subprocess.run(down, check=False).returncode:
            raise CleanError(f"{path} is not deleted: its services could not be stopped")
    shutil.rmtree(path)


if __name__ == "__main__":
    sys.exit(end_quietly(main))
