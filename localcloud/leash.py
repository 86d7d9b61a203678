"""Run a command that ends when its owner does: `python leash.py COMMAND…`, its stdin a pipe of the owner's.

The owner may end in any way, kill -9 included: its end of the pipe closes, and that is what is waited for, on
Linux and macOS alike. On Linux the command also dies with the leash. Its whole process group is ended.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress

GRACE_SECONDS = 5.0
PR_SET_PDEATHSIG = 1


def main(command: list[str]) -> int:
    """Return the command's exit code, negative when a signal ended it."""
    linux = sys.platform == "linux"
    libc = ctypes.CDLL(None) if linux else None

    def die_with_leash() -> None:
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    child = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=die_with_leash
    )
    signal.signal(signal.SIGTERM, lambda *_: _stop(child))
    threading.Thread(target=_stop_when_owner_ends, args=[child], daemon=True).start()
    code = child.wait()
    _signal_group(child, signal.SIGKILL)
    return code


def _stop_when_owner_ends(child: "subprocess.Popen[bytes]") -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    _stop(child)


def _stop(child: "subprocess.Popen[bytes]") -> None:
    _signal_group(child, signal.SIGTERM)
    timer = threading.Timer(GRACE_SECONDS, _signal_group, [child, signal.SIGKILL])
    timer.daemon = True
    timer.start()


def _signal_group(child: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a group that has ended
        os.killpg(child.pid, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
