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
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Put on the disk which files the folder has."""
    if sys.platform == "win32":  # Windows knows no such call and needs none.
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
