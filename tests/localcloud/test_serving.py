"""A server of the local cloud whose own thread fails."""

import subprocess
import sys

from localcloud.endpoints import free_port

SERVER = """
import sys, threading
from localcloud.guard import Guard
from localcloud.serving import serve

def fail():
    raise OSError(28, "No space left on device")

async def app(scope, receive, send):
    message = await receive()
    if message["type"] == "lifespan.startup":
        await send({"type": "lifespan.startup.complete"})
        threading.Thread(target=fail).start()
        await receive()

serve(app, Guard(int(sys.argv[1])), 100)
"""


def test_a_server_ends_with_a_thread_of_its_own_that_fails() -> None:
    command = [sys.executable, "-c", SERVER, str(free_port())]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stderr.splitlines()[-1]) == (
        1,
        "OSError: [Errno 28] No space left on device",
    )
