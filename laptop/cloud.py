"""The local cloud as the programs that it started see it: its variables, and its command."""

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import NoReturn

STAND_INS = tuple(
    f"{service}_EMULATOR_HOST" for service in ("BIGQUERY", "STORAGE", "FIRESTORE", "DATAFORM", "VERTEX")
)


class CloudError(Exception):
    """The local cloud is not running, or one of its services has ended; the message says what to do."""


def require_cloud(*more: str) -> None:
    """Raise CloudError unless every stand-in's variable, and `more`, is set: nothing may reach Google."""
    if missing := [name for name in (*STAND_INS, *more) if not os.environ.get(name)]:
        raise CloudError(
            f'{missing[0]} is not set: this works only with the local cloud, after eval "$(make up)"'
        )


def become(*module: str) -> NoReturn:
    """Replace this process with another program, so that ending the process ends all that it started."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", *module])  # noqa: S606 -- our own


def check_services() -> None:
    """Raise CloudError if a service has ended, which explains other errors; `localcloud run` names it."""
    status = [sys.executable, "-m", "localcloud", "status"]
    if subprocess.run(status, stdout=subprocess.DEVNULL, check=False).returncode:
        raise CloudError("a service of the local cloud has stopped or is not responding: see make status")


def set_clock(folder: Path, moment: datetime) -> None:
    """Set the clock of a state folder's Firestore; it is left alone if it is already later."""
    data = ["--data-dir", str(folder / "firestore"), "--at", moment.isoformat()]
    command = [sys.executable, "-m", "localcloud.firestore.clock", *data]
    subprocess.run(command, stderr=subprocess.DEVNULL, check=True)
