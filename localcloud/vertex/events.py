"""The events that a run's process reports: lines of JSON with event, task and time (nanoseconds)."""

import json
import os
import threading
import time
from contextvars import ContextVar
from typing import Any

current_task: ContextVar[str] = ContextVar("current_task", default="")


class Events:
    """The events of a run, written to a file descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._stream = os.fdopen(descriptor, "w", encoding="utf-8")
        self._lock = threading.Lock()

    def emit(self, event: str, **more: Any) -> None:
        """Write an event of the current thread's task."""
        line = {"event": event, "task": current_task.get(), "time": time.time_ns(), **more}
        with self._lock:
            self._stream.write(json.dumps(line, default=str) + "\n")
            self._stream.flush()
