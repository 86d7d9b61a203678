"""Run a Python module in a fork of the warm Python: `python -I -S warm_client.py -m MODULE ARGUMENTS…`.

It ends as that process ends, passes SIGTERM on to it, and takes it along if it is killed itself. Where no
warm Python answers, it becomes a Python of its own. It must start quickly, so it imports as little as it can.
"""

import json
import os
import signal
import socket
import sys

SOCKET = "LOCALCLOUD_WARM_PYTHON"


def main() -> int:
    """Return the exit code of the process; end by the same signal if one ended it."""
    link = socket.socket(socket.AF_UNIX)
    try:
        link.connect(address(os.environ[SOCKET]))
        folder = os.getcwd()  # noqa: PTH109 - pathlib is another import
        request = {"arguments": sys.argv[1:], "variables": dict(os.environ), "folder": folder}
        socket.send_fds(link, [b"."], [0, 1, 2])
        link.sendall(json.dumps(request).encode() + b"\n")
        answers = link.makefile()
        process = int(answers.readline())
    except (OSError, ValueError):
        os.execv(sys.executable, [sys.executable, *sys.argv[1:]])  # noqa: S606 - no shell is needed
    signal.signal(signal.SIGTERM, lambda *_: os.kill(process, signal.SIGTERM))
    if not (answer := answers.readline()):
        sys.exit("the Python that ran this step has ended, and the step with it")
    code = int(answer)
    if code < 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code


def address(path: str) -> str:
    """Return another name of a socket, for the kernel takes 107 bytes at most; it is good once."""
    folder, _, name = path.rpartition("/")
    return f"/proc/self/fd/{os.open(folder, os.O_RDONLY)}/{name}"


if __name__ == "__main__":
    sys.exit(main())
