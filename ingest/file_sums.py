"""Checksums of files that no process has open, so that damage is found before an engine reads them.

An engine that maps its files into memory does not notice a changed byte, and may hang where a part is missing.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from zlib import crc32

from pharos.ingest.durable_files import sync, sync_above, write_durably

_BLOCK: Final = 1 << 16
_ZEROS: Final = bytes(_BLOCK)
_CASES: Final = 3


def write_sums(folder: Path, file: Path) -> None:
    """Write length and checksum of every other file below the folder to `file`, durably."""
    sums = _sums(folder, file)
    write_durably(file, json.dumps({"files": sums, "sum": _own_sum(sums)}))


def publish(partial: Path, place: Path, sums: str) -> None:
    """Rename a complete folder to its final name, with checksums in the file `sums`, durably and in one step."""
    write_sums(partial, partial / sums)
    for path in [*partial.rglob("*"), partial]:
        sync(path)
    partial.rename(place)
    sync_above(place)


def damage(folder: Path, file: Path) -> str | None:
    """How the folder differs from its checksums: a phrase that names examples, "" if it does not.

    None where nothing is known, because `file` is not there or is damaged itself.
    """
    known = _read(file)
    if known is None:
        return None
    found = _sums(folder, file)
    cases = [f"{name} is missing" for name in sorted(known.keys() - found.keys())]
    cases += [f"{name} is changed" for name in sorted(known) if name in found and found[name] != known[name]]
    cases += [f"{name} should not be there" for name in sorted(found.keys() - known.keys())]
    return "; ".join([*cases[:_CASES], *([f"and {len(cases) - _CASES} more"] if len(cases) > _CASES else [])])


def _sums(folder: Path, but: Path) -> dict[str, list[int]]:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path != but)
    return {path.relative_to(folder).as_posix(): [path.stat().st_size, _sum(path)] for path in files}


def _sum(path: Path) -> int:
    """The CRC-32 over position and content of all blocks except those of zeros, which may be holes in the file."""
    total = 0
    with path.open("rb", buffering=0) as file:
        for place in _blocks_with_data(file.fileno()):
            file.seek(place * _BLOCK)
            block = file.read(_BLOCK)
            if block != _ZEROS[: len(block)]:
                total = crc32(block, crc32(place.to_bytes(8, "little"), total))
    return total


def _blocks_with_data(descriptor: int) -> Iterator[int]:
    """The numbers of the blocks with data on the disk, ascending; all blocks where the system cannot tell."""
    size, place = os.fstat(descriptor).st_size, 0
    while place * _BLOCK < size:
        if hasattr(os, "SEEK_DATA"):
            try:
                place = max(place, os.lseek(descriptor, place * _BLOCK, os.SEEK_DATA) // _BLOCK)
            except OSError:  # a hole up to the end
                return
        yield place
        place += 1


def _read(file: Path) -> dict[str, list[int]] | None:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        files: dict[str, list[int]] = document["files"]
        return files if document["sum"] == _own_sum(files) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _own_sum(sums: dict[str, list[int]]) -> int:
    return crc32(json.dumps(sums, sort_keys=True).encode())
