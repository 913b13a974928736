"""How far the reading of a large file is, is shown: of any kind of file, and of large ones only."""

import bz2
import gzip
import lzma
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from pharos.ingest.fingerprint import fingerprint
from pharos.ingest.load import load_dataset
from pharos.ingest.tables import watching
from tests.ingest.folders import INTERACTIONS, write

ROWS = 3000


class Told:
    """A progress that keeps what it is told: for each task its description, total and steps, and whether it is open."""

    def __init__(self) -> None:
        self.tasks: list[list[object]] = []

    @contextmanager
    def task(self, description: str, total: int | None = None) -> Iterator["Told"]:
        self.tasks.append([description, total, 0, "open"])
        yield self
        self.tasks[-1][3] = "ended"

    def advance(self, steps: int = 1) -> None:
        self.tasks[-1][2] += steps  # type: ignore[operator]

    def note(self, text: str) -> None:
        pass

    def say(self, text: str) -> None:
        pass


def lines() -> bytes:
    rows = (f"user-{number % 700},item-{number * 7919 % 3001}" for number in range(ROWS))
    return "\n".join(["user,item", *rows]).encode()


def zipped(content: bytes, folder: Path) -> bytes:
    with zipfile.ZipFile(folder / "made.zip", "w") as archive:
        archive.writestr("events.csv", content)
    made = (folder / "made.zip").read_bytes()
    (folder / "made.zip").unlink()
    return made


def as_parquet(content: bytes, folder: Path) -> bytes:
    rows = [line.split(",") for line in content.decode().splitlines()[1:]]
    pd.DataFrame(rows, columns=["user", "item"]).to_parquet(folder / "made")
    made = (folder / "made").read_bytes()
    (folder / "made").unlink()
    return made


def as_json(content: bytes, _: Path) -> bytes:
    return b"\n".join(b'{"user": "%s", "item": "%s"}' % tuple(line.split(b",")) for line in content.splitlines()[1:])


FILES: dict[str, Callable[[bytes, Path], bytes]] = {
    "events.csv": lambda content, _: content,
    "events.csv.gz": lambda content, _: gzip.compress(content),
    "events.csv.bz2": lambda content, _: bz2.compress(content),
    "events.csv.xz": lambda content, _: lzma.compress(content),
    "events.csv.zst": lambda content, _: pa.compress(content, "zstd", asbytes=True),
    "events.zip": zipped,
    "events.parquet": as_parquet,
    "events.jsonl": as_json,
}


@pytest.mark.parametrize("name", FILES)
def test_reading_is_shown_and_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    folder = write(tmp_path / "data", INTERACTIONS.replace("events.csv", name))
    content = FILES[name](lines(), folder)
    (folder / name).write_bytes(content)
    plain = fingerprint(load_dataset(folder))
    monkeypatch.setattr(watching, "SHOWN_FROM", len(content) // 3)
    monkeypatch.setattr(watching, "_MEGABYTE", 100)
    told = Told()
    assert fingerprint(load_dataset(folder, progress=told)) == plain
    assert told.tasks
    for description, total, steps, state in told.tasks:
        assert str(description).startswith("reading events.")
        assert (total, state) == (round(len(content) / 100), "ended")
        assert isinstance(steps, int) and isinstance(total, int)
        assert 0 < steps <= total
    if not name.endswith((".parquet", ".zip")):
        assert told.tasks[-1][2] == len(content) // 100


def test_a_small_file_is_not_shown_nor_is_one_for_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path / "data", INTERACTIONS, events__csv=lines())
    told = Told()
    load_dataset(folder, progress=told)
    assert told.tasks == []
    monkeypatch.setattr(watching, "SHOWN_FROM", 10)
    load_dataset(folder)
    assert told.tasks == []


def test_a_file_that_breaks_off_ends_what_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path / "data", INTERACTIONS.replace("events.csv", "events.csv.gz"))
    (folder / "events.csv.gz").write_bytes(gzip.compress(lines())[:-200])
    monkeypatch.setattr(watching, "SHOWN_FROM", 10)
    told = Told()
    with pytest.raises(Exception, match=r"events\.csv\.gz"):
        load_dataset(folder, progress=told)
    assert told.tasks
