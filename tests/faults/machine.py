"""What goes wrong with the machine of a process: its disk is full, or its clock jumps."""

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
    """Have the folder, and what is temporary, lie on a disk without room; no other process sees it.

    A tmpfs of one page, in a mount namespace of this process. Raises OSError where that is not allowed.
    """
    user, group = os.getuid(), os.getgid()
    os.unshare(os.CLONE_NEWNS | (os.CLONE_NEWUSER if user else 0))
    if user:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1")
    libc = ctypes.CDLL(None, use_errno=True)
    private = 1 << 18 | 1 << 14  # MS_PRIVATE | MS_REC: what is mounted here stays here
    for source, target, kind, flags, data in (
        (b"none", b"/", None, private, None),
        (b"tmpfs", os.fsencode(folder), b"tmpfs", 0, f"size={PAGE_BYTES}".encode()),
    ):
        if libc.mount(source, target, kind, flags, data):
            raise OSError(ctypes.get_errno(), "cannot mount a small disk", str(folder))
    (folder / "full").write_bytes(bytes(PAGE_BYTES))
    tempfile.tempdir = str(folder)


class Jumping(datetime):
    """A datetime whose now is a day ahead and a day behind in turn."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        """Return it, as any other time."""
        return datetime.now(tz) + next(JUMPS)


def let_clock_jump() -> None:
    """Have the project's modules read a clock that jumps."""
    for name, module in list(sys.modules.items()):
        if name.startswith(("components.", "generators.")) and getattr(module, "datetime", None) is datetime:
            module.datetime = Jumping  # type: ignore[attr-defined]
