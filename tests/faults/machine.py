"""Faults of the machine that a process runs on: a full disk, or a clock that jumps."""

import ctypes
import itertools
import os
import sys
import tempfile
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

PAGE_BYTES = 4096
JUMPS = itertools.cycle([timedelta(days=1), timedelta(days=-1)])


def fill_disk(folder: Path) -> None:
    """Put the folder, and temporary files, on a full disk that no other process sees.

    It is a tmpfs of one page, in this process's own mount namespace. Raise OSError where that is not allowed.
    """
    user, group = os.getuid(), os.getgid()
    os.unshare(os.CLONE_NEWNS | (os.CLONE_NEWUSER if user else 0))
    if user:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1")
    libc = ctypes.CDLL(None, use_errno=True)
    private = 1 << 18 | 1 << 14  # MS_PRIVATE | MS_REC: mounts stay in this namespace
    for source, target, kind, flags, data in (
        (b"none", b"/", None, private, None),
        (b"tmpfs", os.fsencode(folder), b"tmpfs", 0, f"size={PAGE_BYTES}".encode()),
    ):
        if libc.mount(source, target, kind, flags, data):
            raise OSError(ctypes.get_errno(), "cannot mount a small disk", str(folder))
    (folder / "full").write_bytes(bytes(PAGE_BYTES))
    tempfile.tempdir = str(folder)


class Jumping(datetime):
    """A datetime whose now() is alternately a day ahead and a day behind."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        """Return the current time, shifted."""
        return datetime.now(tz) + next(JUMPS)


def let_clock_jump() -> None:
    """Make the project's modules read a clock that jumps."""
    for name, module in list(sys.modules.items()):
        if name.startswith(("components.", "generators.")) and getattr(module, "datetime", None) is datetime:
            module.datetime = Jumping  # type: ignore[attr-defined]
