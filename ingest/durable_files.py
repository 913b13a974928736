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
