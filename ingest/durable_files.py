"""Small files that are either as they were or as they shall be, whenever the machine stops."""

import os
import sys
from pathlib import Path


def write_durably(path: Path, text: str) -> None:
    """Replace the file in one atomic step that is on the disk when this returns."""
    # The dot keeps the remains of a crash apart from real files.
    beside = path.with_name(f".{path.name}.new")
    with beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Put on the disk what a file holds, or which files a folder has."""
    if sys.platform == "win32":  # Windows knows no such call for folders, and needs none.
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_durably(folder: Path) -> None:
    """Make a folder, and those above it that are not there, so that a power cut takes none of them along."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        sync_above(folder)


def sync_above(path: Path) -> None:
    """Put on the disk that the folders above a path have it and each other: they may have been made just now."""
    above = path.resolve().parent
    while above != above.parent:
        if not os.access(above, os.R_OK):
            return
        sync(above)
        above = above.parent
