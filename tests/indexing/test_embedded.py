"""What only the index in the process has: a folder, one owner, and a life after death."""

import json
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from pharos.indexing.build import previous
from pharos.indexing.embedded import QdrantEmbedded
from pharos.indexing.errors import IndexUnavailable
from pharos.indexing.index import CONTENT, NEIGHBOURS
from pharos.indexing.index_folder import Manifest
from tests.indexing.clock import HOURS, SPEC, fill, hand, point
from tests.indexing.links import entries, fill_linked, linked

ROOT = Path(__file__).parents[2]
OPENED = """
import os, signal, sys
from pharos.indexing.build import previous
from pharos.indexing.embedded import QdrantEmbedded
from pharos.indexing.index import Point
from pharos.indexing.index import CONTENT, NEIGHBOURS, TOWER
from tests.indexing.clock import SPEC, fill, hand
from tests.indexing.links import entries, linked
def die(): os.kill(os.getpid(), signal.SIGKILL)
index = QdrantEmbedded(sys.argv[1])
"""


def run_and_die(folder: Path, work: str) -> None:
    """Open the index in another process, let that work, and kill it without a warning."""
    command = [sys.executable, "-c", f"{OPENED}{work}\ndie()", str(folder)]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert process.returncode == -signal.SIGKILL, process.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A closed index whose alias "items" points to the clock."""
    index = QdrantEmbedded(tmp_path)
    index.switch("items", fill(index))
    index.close()
    return tmp_path


def test_a_closed_index_opens_as_it_was(folder: Path):
    index = QdrantEmbedded(folder)
    assert index.resolve("items") == "clock"
    assert index.search("items", hand(3.2), limit=1)[0].item_id == "3"
    assert [(info.name, info.bundle, info.count) for info in index.collections()] == [("clock", "clockwork", HOURS)]
    index.close()


def test_a_closed_index_opens_with_its_sparse_vectors(tmp_path: Path):
    index = QdrantEmbedded(tmp_path)
    index.switch("items", fill_linked(index))
    index.close()
    index = QdrantEmbedded(tmp_path)
    hits = index.search("items", entries({3: 2.0, 5: -4.0}), using=NEIGHBOURS, limit=10)
    assert [(hit.item_id, hit.score) for hit in hits] == [("2", 2.0), ("6", -1.0), ("4", -3.5)]
    index.upsert("items", [linked(1)])
    index.close()


def test_a_collection_made_before_there_were_sparse_vectors_opens_without_any(folder: Path):
    manifest = folder / "collections" / "clock" / "collection.json"
    document = json.loads(manifest.read_text())
    del document["sparse"], document["sum"]
    manifest.write_text(json.dumps(document))
    index = QdrantEmbedded(folder)
    index.upsert("items", [point(1)])
    assert index.search("items", hand(3.2), limit=1)[0].item_id == "3"
    assert index.fetch("items", ["1"], with_vectors=(NEIGHBOURS, CONTENT))["1"].sparse == {}
    index.close()


def test_sparse_vectors_that_were_written_survive_a_kill_and_are_searched_exactly(tmp_path: Path):
    index = QdrantEmbedded(tmp_path)
    index.switch("items", fill_linked(index))
    index.close()
    run_and_die(
        tmp_path,
        """
for step in range(300):
    index.upsert("items", [Point(f"new {step}", {TOWER: hand(step)}, {}, {CONTENT: entries({step: 1.0, 999: step})})])
index.upsert("items", [Point("2", {TOWER: hand(2)}, {}, {NEIGHBOURS: entries({3: 7.0})})])
index.delete("items", ["4"])
""",
    )
    index = QdrantEmbedded(tmp_path)
    hits = index.search("items", entries({999: 1.0, 17: -1000.0}), using=CONTENT, limit=1000)
    expected = {f"new {step}": step - 1000.0 * (step == 17) for step in range(1, 300)}
    # A score of 0 is that of an item with nothing in common.
    assert {hit.item_id: hit.score for hit in hits if hit.score} == expected
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    hits = index.search("items", entries({3: 2.0}), using=NEIGHBOURS, limit=10)
    assert [(hit.item_id, hit.score) for hit in hits] == [("2", 14.0)]
    index.close()


def test_a_second_process_is_told_who_has_the_index_open(folder: Path):
    holder = subprocess.Popen(
        [sys.executable, "-c", f"{OPENED}print('open', flush=True); sys.stdin.read()", str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout and holder.stdout.readline() == b"open\n"
        with pytest.raises(
            IndexUnavailable, match=rf"another process has this index open: .* \(process {holder.pid}\)"
        ):
            QdrantEmbedded(folder)
    QdrantEmbedded(folder).close()


def test_every_write_that_returned_survives_a_kill(folder: Path):
    run_and_die(
        folder,
        """
for step in range(300):
    index.upsert("items", [Point(f"new {step}", {"tower": hand(step)}, {"step": step})])
index.delete("items", ["3"])
index.set_payload("items", "4", {"available": False})
""",
    )
    index = QdrantEmbedded(folder)
    stored = index.fetch("items", [f"new {step}" for step in range(300)])
    assert [point.payload["step"] for point in stored.values()] == list(range(300))
    assert index.fetch("items", ["3"]) == {}
    assert index.fetch("items", ["4"])["4"].payload["available"] is False
    index.close()


def test_a_switch_that_returned_survives_a_kill(folder: Path):
    run_and_die(folder, "index.create('other', SPEC); index.switch('items', 'other')")
    index = QdrantEmbedded(folder)
    assert index.resolve("items") == "other"
    assert {info.name for info in index.collections()} == {"clock", "other"}
    index.close()


def test_what_a_killed_build_left_is_removed_and_the_live_collection_stays(folder: Path):
    run_and_die(folder, "fill(index, 'unfinished')")
    index = QdrantEmbedded(folder)
    assert [info.name for info in index.collections()] == ["clock"]
    assert [path.name for path in (folder / "collections").iterdir()] == ["clock"]
    assert index.count("items") == HOURS
    index.close()


def test_what_a_killed_creation_or_removal_left_is_removed(folder: Path):
    (folder / "collections" / "half" / "shard").mkdir(parents=True)
    QdrantEmbedded(folder).close()
    assert [path.name for path in (folder / "collections").iterdir()] == ["clock"]


def test_a_pointer_file_that_was_never_finished_is_no_alias(folder: Path):
    (folder / "aliases" / ".items.new").write_text("nowh")
    index = QdrantEmbedded(folder)
    assert index.count("items") == HOURS
    index.close()


def test_a_creation_that_fails_leaves_nothing(tmp_path: Path):
    index = QdrantEmbedded(tmp_path)
    (tmp_path / "collections" / "clock").mkdir()
    (tmp_path / "collections" / "clock" / "shard").touch()
    with pytest.raises(IndexUnavailable):
        index.create("clock", SPEC)
    fill(index)
    assert index.count("clock") == HOURS
    index.close()


def test_a_former_live_collection_stays_for_a_rollback(folder: Path):
    index = QdrantEmbedded(folder)
    index.create("next", SPEC)
    index.switch("items", "next")
    index.close()
    index = QdrantEmbedded(folder)
    index.switch("items", "clock")
    assert index.count("items") == HOURS
    index.close()


def test_a_closed_index_says_so(folder: Path):
    index = QdrantEmbedded(folder)
    index.close()
    index.close()
    for call in (index.ready, lambda: index.count("items"), lambda: index.search("items", hand(1), limit=1)):
        with pytest.raises(IndexUnavailable, match="closed"):
            call()


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(IndexUnavailable, match="file"):
        QdrantEmbedded(tmp_path / "file" / "index")


def test_a_collection_of_an_earlier_version_keeps_its_uuids(tmp_path: Path):
    index = QdrantEmbedded(tmp_path)
    with pytest.MonkeyPatch.context() as earlier:
        earlier.setattr("pharos.indexing.index_folder.Manifest", partial(Manifest, format=1))
        index.create("clock", SPEC)
        index.switch("items", "clock")
    index.close()
    index = QdrantEmbedded(tmp_path)
    index.upsert("clock", [point(hour) for hour in range(HOURS)])
    index.delete("clock", ["4"])
    hits = index.search("items", hand(3.2), limit=2, with_vectors=True)
    assert [(hit.item_id, hit.payload["title"]) for hit in hits] == [("3", "3 o'clock"), ("2", "2 o'clock")]
    assert hits[0].vector == pytest.approx(hand(3), abs=1e-6)
    assert index.similar("items", "3", limit=1)[0].item_id == "2"
    index.close()
    assert not Manifest.from_json((tmp_path / "collections" / "clock" / "collection.json").read_text()).numbered


def test_a_switch_whose_last_step_is_missing_counts_all_the_same(tmp_path: Path):
    one, two = "items--b--1", "items--b--2"
    work = f"""
fill(index, {one!r}); fill(index, {two!r})
index.switch("items", {one!r})
index._folder._mark_live = lambda _: die()
index.switch("items", {two!r})
"""
    run_and_die(tmp_path, work)
    index = QdrantEmbedded(tmp_path)
    assert index.resolve("items") == two
    assert [info.name for info in index.collections() if info.live_at] == [one, two]
    found = previous(index, "items")
    assert found is not None and found.name == one
    index.close()


def test_a_collection_that_never_came_to_be_live_is_no_target_of_a_rollback(tmp_path: Path):
    one, two = "items--b--1", "items--b--2"
    work = f"""
import pharos.indexing.index_folder as index_folder
fill(index, {one!r}); fill(index, {two!r})
index.switch("items", {one!r})
index_folder.write_durably = lambda *_: die()
index.switch("items", {two!r})
"""
    run_and_die(tmp_path, work)
    index = QdrantEmbedded(tmp_path)
    assert index.resolve("items") == one
    assert previous(index, "items") is None
    index.close()
