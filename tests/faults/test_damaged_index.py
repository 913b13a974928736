"""Every file of an embedded index is damaged in turn: it answers right, or says that it is damaged."""

import random
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pharos.indexing.embedded import QdrantEmbedded
from pharos.indexing.errors import CollectionDamaged, IndexUnavailable, UnknownCollection
from pharos.indexing.names import collection_name
from tests.faults.damage import ALL, DAMAGES, SEED, copy_with_holes
from tests.indexing.clock import hand
from tests.indexing.links import fill_linked

LIVE = collection_name("items", "bundle", "build")


def answers(index: QdrantEmbedded) -> object:
    hits = index.search("items", hand(3.2), limit=20, with_vectors=True)
    return index.count("items"), [(h.item_id, h.score, sorted(h.payload.items())) for h in hits]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed index with one collection that is live."""
    folder = tmp_path_factory.mktemp("whole") / "index"
    index = QdrantEmbedded(folder)
    index.switch("items", fill_linked(index, LIVE))
    index.optimize("items")
    index.close()
    return folder


def cases(whole: Path) -> Iterator[tuple[Path, int]]:
    chance = random.Random(SEED)
    for file in sorted(path.relative_to(whole) for path in whole.rglob("*") if path.is_file()):
        for number in range(len(DAMAGES)) if ALL else [chance.randrange(len(DAMAGES))]:
            yield file, number


def test_whatever_file_is_damaged_the_index_opens_and_answers_right_or_says_so(whole: Path, tmp_path: Path) -> None:
    sound = QdrantEmbedded(copy_with_holes(whole, tmp_path / "sound"))
    expected = answers(sound)
    sound.close()
    wrong, noticed = [], 0
    damaged = list(cases(whole))
    for number, (file, damage) in enumerate(damaged):
        folder = copy_with_holes(whole, tmp_path / str(number))
        DAMAGES[damage](folder / file, random.Random(SEED + number))
        case = f"{DAMAGES[damage].__name__} of {file} with FAULTS_SEED={SEED}"
        index = QdrantEmbedded(folder)
        try:
            if answers(index) != expected:
                wrong.append(case)
        except CollectionDamaged:
            noticed += 1
            assert index.resolve("items") == LIVE, case
        finally:
            index.close()
        shutil.rmtree(folder)
    sys.stdout.write(
        f"\n{len(damaged)} damaged files, seed {SEED}: {noticed} noticed, "
        f"{len(damaged) - noticed - len(wrong)} without effect, {len(wrong)} wrong answers\n"
    )
    assert not wrong
    assert noticed > 20


def test_a_damaged_collection_is_set_aside_and_another_can_take_its_place(whole: Path, tmp_path: Path) -> None:
    folder = copy_with_holes(whole, tmp_path / "index")
    (folder / "collections" / LIVE / "shard" / "edge_config.json").write_text("{")
    index = QdrantEmbedded(folder)
    with pytest.raises(CollectionDamaged, match=r"edge_config\.json is changed"):
        index.count("items")
    assert index.collections() == []
    assert (folder / "damaged" / LIVE / "shard").is_dir()
    index.switch("items", fill_linked(index, "anew"))
    assert index.count("items")
    index.close()
    index = QdrantEmbedded(folder)
    assert index.count("items")
    index.close()


def test_a_damaged_collection_is_still_damaged_after_the_next_start(whole: Path, tmp_path: Path) -> None:
    folder = copy_with_holes(whole, tmp_path / "index")
    (folder / "collections" / LIVE / "collection.json").unlink()
    for _ in range(2):
        index = QdrantEmbedded(folder)
        with pytest.raises(CollectionDamaged):
            index.count("items")
        index.close()


def test_a_lost_alias_points_again_to_what_was_live_last(whole: Path, tmp_path: Path) -> None:
    folder = copy_with_holes(whole, tmp_path / "index")
    (folder / "aliases" / "items").unlink()
    index = QdrantEmbedded(folder)
    assert index.resolve("items") == LIVE
    index.close()


def test_an_alias_of_a_version_without_sums_is_followed(whole: Path, tmp_path: Path) -> None:
    folder = copy_with_holes(whole, tmp_path / "index")
    (folder / "aliases" / "items").write_text(f"{LIVE}\n")
    index = QdrantEmbedded(folder)
    assert index.resolve("items") == LIVE
    index.close()


def test_a_shard_whose_process_died_is_tried_in_another_process_first(whole: Path, tmp_path: Path) -> None:
    folder = copy_with_holes(whole, tmp_path / "index")
    (folder / "collections" / LIVE / "sums.json").unlink()
    next((folder / "collections" / LIVE).rglob("has_values/status.dat")).write_bytes(b"")
    index = QdrantEmbedded(folder)
    with pytest.raises(CollectionDamaged, match="out of bounds"):
        index.count("items")
    index.close()


class _Panicking:
    """The engine as it is when it gives up, which no input that we know of makes it do."""

    def count(self, _request: object) -> int:
        raise type("PanicException", (BaseException,), {})("called `Option::unwrap()` on a `None` value")

    def close(self) -> None:
        """Nothing to close."""


def test_a_panic_is_an_unavailable_index_and_the_next_call_answers(whole: Path, tmp_path: Path) -> None:
    index = QdrantEmbedded(copy_with_holes(whole, tmp_path / "index"))
    before = index.count("items")
    index._shards._open.pop(LIVE).close()
    index._shards._open[LIVE] = _Panicking()  # type: ignore[assignment]
    with pytest.raises(IndexUnavailable, match="unwrap"):
        index.count("items")
    assert index.count("items") == before
    with pytest.raises(UnknownCollection):
        index.count("nothing")
    index.close()
