"""File trees, as in a repository's commits and workspaces: path → contents."""

import hashlib
import shutil
from pathlib import Path, PurePosixPath

from google.api_core import exceptions

type Tree = dict[str, bytes]


def checked_path(path: str) -> str:
    """Return a file's path in normal form; raise InvalidArgument if it is absolute or leaves the project."""
    parts = PurePosixPath(path).parts
    if not parts or parts[0] == "/" or ".." in parts or "\\" in path or "\0" in path:
        raise exceptions.InvalidArgument(f"{path!r} is not a path inside the project")
    return str(PurePosixPath(path))


def read_tree(folder: Path) -> Tree:
    """Return every file under a folder, by its path relative to it; none if the folder does not exist."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def write_tree(folder: Path, tree: Tree) -> None:
    """Replace a folder's contents with exactly these files."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path, contents in tree.items():
        write_file(folder, path, contents)


def write_file(folder: Path, path: str, contents: bytes) -> None:
    """Write one file and create its folders; raise InvalidArgument if the path cannot be a file."""
    target = folder / checked_path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(contents)
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise exceptions.InvalidArgument(f"{path!r} cannot be a file here: {error.strerror}") from error


def commit_sha(tree: Tree, parent: str, message: str, time: str) -> str:
    """Return the 40 hexadecimal digits that identify a commit."""
    digest = hashlib.sha1(usedforsecurity=False)
    for part in (parent, message, time):
        digest.update(part.encode() + b"\0")
    for path, contents in sorted(tree.items()):
        digest.update(path.encode() + b"\0" + hashlib.sha256(contents).digest())
    return digest.hexdigest()
