"""Run a command that ends when its owner does: `python leash.py [--grace=SECONDS] [--first] COMMAND…`.

Its stdin is a pipe from the owner. However the owner ends, even by kill -9, its end of the pipe closes; the
leash waits for that, on Linux and macOS alike. On Linux the command also dies with the leash. The whole
process group is ended: by SIGTERM, which with --first only the command receives and may pass on, and after
the grace period by SIGKILL.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

GRACE_SECONDS = 5.0
PR_SET_PDEATHSIG = 1


def main(command: list[str], *, first: bool = False) -> int:
    """Run the command; return its exit code, or, as shells do, 128 + the signal that ended it."""
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def die_with_leash() -> None:
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    told_to_stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told_to_stop.set())
    child = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=die_with_leash
    )
    threading.Thread(target=_watch_owner, args=[told_to_stop], daemon=True).start()
    threading.Thread(target=_stop_when_told, args=[told_to_stop, child, first], daemon=True).start()
    code = child.wait()
    _signal_group(child, signal.SIGKILL)
    return code if code >= 0 else 128 - code


def _watch_owner(told_to_stop: threading.Event) -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    told_to_stop.set()


def _stop_when_told(told_to_stop: threading.Event, child: "subprocess.Popen[bytes]", first: bool) -> None:
    told_to_stop.wait()
    if first:
        child.terminate()
    else:
        _signal_group(child, signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    _signal_group(child, signal.SIGKILL)


def _signal_group(child: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):  # macOS raises the latter for a group that has ended
        os.killpg(child.pid, number)


if __name__ == "__main__":
    if sys.argv[1].startswith("--grace="):
        GRACE_SECONDS = float(sys.argv.pop(1).removeprefix("--grace="))
    only_first = sys.argv[1] == "--first"
    sys.exit(main(sys.argv[1 + only_first :], first=only_first))
