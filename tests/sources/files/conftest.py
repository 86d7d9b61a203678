"""Files of all kinds, opened in a temporary folder."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from sources.files import RawFiles, open_files

Open = Callable[..., RawFiles]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Return a function that writes files, given their contents by name, and opens them."""
    with ExitStack() as stack:

        def write_and_open(*patterns: str, files: dict[str, str | bytes], **told: Any) -> RawFiles:
            for name, content in files.items():
                path = tmp_path / "given" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content.encode() if isinstance(content, str) else content)
            work = tmp_path / f"work-{len(list(tmp_path.iterdir()))}"
            work.mkdir()
            given = [tmp_path / "given" / pattern for pattern in patterns or files]
            return stack.enter_context(open_files(given, work, **told))

        yield write_and_open


def rows_of(raw: RawFiles) -> list[tuple[Any, ...]]:
    """Return the rows in order, with only the columns of the file."""
    return raw.con.execute('select * exclude (n, file, "extra cells") from raw order by n').fetchall()
