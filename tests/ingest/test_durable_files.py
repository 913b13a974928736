"""Files on the disk, not only in the system's memory."""

import os
from pathlib import Path

import pytest

from pharos.ingest import durable_files
from pharos.ingest.durable_files import sync_files, write_durably


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what is flushed to the disk from now on."""
    names = list[str]()
    fsync = os.fsync

    def noted(descriptor: int) -> None:
        names.append(Path(f"/proc/self/fd/{descriptor}").resolve().name)
        fsync(descriptor)

    monkeypatch.setattr(durable_files.os, "fsync", noted)
    return names


def test_a_file_is_flushed_before_its_folder(tmp_path: Path, synced: list[str]):
    write_durably(tmp_path / "alias", "items")
    assert synced == [".alias.new", tmp_path.name]
    assert (tmp_path / "alias").read_text() == "items"


def test_all_files_of_a_folder_are_flushed(tmp_path: Path, synced: list[str]):
    (tmp_path / "segments").mkdir()
    for name in ("wal", "segments/vectors"):
        (tmp_path / name).write_bytes(b"1")
    sync_files(tmp_path)
    assert sorted(synced) == ["vectors", "wal"]


def test_a_file_that_vanishes_meanwhile_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("first", "second"):
        (tmp_path / name).write_bytes(b"1")
    sync = durable_files.sync

    def vanishing(path: Path) -> None:
        path.unlink(missing_ok=True)
        sync(path)

    monkeypatch.setattr(durable_files, "sync", vanishing)
    sync_files(tmp_path)
