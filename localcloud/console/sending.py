"""Send a whole log."""

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from localcloud.console import logs


def send_log(log: Path) -> Response:
    """Return a whole log as a stream; raise HTTPException 404 if there is none."""
    if not log.exists():
        raise HTTPException(404, "This run has no log because it never started.")
    return StreamingResponse(logs.stream(log), media_type="text/plain; charset=utf-8")
