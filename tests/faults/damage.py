"""Ways to damage a file, and copies of folders that keep the holes of their files."""

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

SEED = int(os.environ.get("FAULTS_SEED", "20"))
"""Of all that is left to chance: another one with FAULTS_SEED=..."""
ALL = os.environ.get("FAULTS") == "all"
"""Every case rather than a few of each kind: FAULTS=all."""

_BLOCK = 1 << 16


def zero_the_last_third(file: Path, _chance: random.Random) -> None:
    size = file.stat().st_size
    with file.open("r+b") as opened:
        opened.truncate(size - size // 3)
        opened.truncate(size)


def cut_in_half(file: Path, _chance: random.Random) -> None:
    os.truncate(file, file.stat().st_size // 2)


def flip_a_byte(file: Path, chance: random.Random) -> None:
    with file.open("r+b") as opened:
        place = chance.randrange(max(1, file.stat().st_size))
        opened.seek(place)
        was = opened.read(1)
        opened.seek(place)
        opened.write(bytes([was[0] ^ chance.randrange(1, 256)]) if was else b"!")


def remove(file: Path, _chance: random.Random) -> None:
    file.unlink()


DAMAGES: tuple[Callable[[Path, random.Random], None], ...] = (zero_the_last_third, cut_in_half, flip_a_byte, remove)


def copy_with_holes(source: Path, target: Path) -> Path:
    """As shutil.copytree; the engine's files are of many megabytes, and nearly all of it holes."""

    def copy(name: str, other: str) -> None:
        with Path(name).open("rb") as read, Path(other).open("wb") as written:
            size = os.fstat(read.fileno()).st_size
            place = 0
            while place < size:
                try:
                    place = os.lseek(read.fileno(), place, os.SEEK_DATA)
                except OSError:
                    break
                read.seek(place)
                block = read.read(_BLOCK)
                written.seek(place)
                written.write(block)
                place += len(block)
            written.truncate(size)

    shutil.copytree(source, target, copy_function=copy)
    return target
