"""Atomic, durable writes of small files, safe against power cuts."""

import os
import sys
from contextlib import suppress
from pathlib import Path


def write_durably(path: Path, text: str) -> None:
    """Replace the file in one atomic step; it is on the disk when this returns."""
    # The dot keeps the remains of a crash apart from real files.
    beside = path.with_name(f".{path.name}.new")
    with beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Flush a file, or the entries of a folder, to the disk (fsync)."""
    if sys.platform == "win32":  # Windows knows no such call for folders, and needs none.
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_files(folder: Path) -> None:
    """Flush what was written to all files below a folder to the disk; files that vanish meanwhile are no error."""
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            if path.is_file():
                sync(path)


def make_durably(folder: Path) -> None:
    """Create a folder with its parents, durably."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        sync_above(folder)


def sync_above(path: Path) -> None:
    """Flush all parent folders of a path, which may have just been created."""
    above = path.resolve().parent
    while above != above.parent:
        if not os.access(above, os.R_OK):
            return
        sync(above)
        above = above.parent
