"""A dump is all that the store knows, in any database, and a damaged one is refused."""

import json
from pathlib import Path

import pytest

from pharos.serving.errors import Conflict, StoreError
from pharos.serving.operations.backup import dump, restore
from pharos.serving.parts import open_store
from pharos.serving.settings import Settings
from pharos.serving.store import NewItem, Store, UserEvent
from tests.serving import world


def fill(store: Store) -> None:
    store.import_dataset(world.dataset())
    store.put_items([NewItem("naïve \u2028 \"'", "Ünï", {"year": 0.1 + 0.2, "genres": ["War"]})])
    store.delete_item("war-1")
    store.add_events([UserEvent("somebody", "war-2", "rating", 0.1 + 0.2, 5), UserEvent("x", "war-2", "view", None, 6)])
    store.ignore("somebody", "toy-1")


def content(store: Store) -> object:
    ids = [item for frame in store.item_frames() for item in frame["item_id"]]
    return (
        store.counts(),
        store.revision(),
        store.items(ids),
        store.changes_since(0, 1000),
        [(store.user(user), store.history(user, 100)) for user in ("somebody", "x", "w3")],
        store.popular(50),
        store.schema(),
        store.miscounted(),
    )


@pytest.fixture
def dumped(tmp_path: Path) -> Path:
    settings = Settings(data_dir=tmp_path / "first")
    with open_store(settings) as store:
        fill(store)
    dump(settings, tmp_path / "dump")
    return tmp_path / "dump"


def test_a_restored_store_holds_what_the_dumped_one_held(dumped: Path, any_store_url: str, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "second", database_url=any_store_url)
    assert restore(settings, dumped)["items"] == 41
    with open_store(Settings(data_dir=tmp_path / "first")) as first, open_store(settings) as second:
        assert content(second) == content(first)
        second.put_items([NewItem("next", "Next", {})])
        second.add_events([UserEvent("x", "next", "view", None, 7)])
        assert second.revision() == first.revision() + 1


def test_a_store_that_holds_something_is_not_restored_into(dumped: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"empty store only, and this one holds 41 items"):
        restore(Settings(data_dir=tmp_path / "first"), dumped)


def test_a_damaged_dump_is_refused_and_nothing_is_changed(dumped: Path, tmp_path: Path) -> None:
    file = dumped / "store" / "events.jsonl"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    settings = Settings(data_dir=tmp_path / "second")
    with pytest.raises(StoreError, match=r"store/events\.jsonl is changed"):
        restore(settings, dumped)
    with pytest.raises(StoreError, match=r"there is no dump"):
        restore(settings, tmp_path)
    assert not settings.data_dir.exists()


def test_a_dump_of_another_format_is_refused(dumped: Path, tmp_path: Path) -> None:
    (dumped / "store" / "format.json").write_text(json.dumps({"format": 3, "rows": {}}))
    with (
        open_store(Settings(data_dir=tmp_path / "second")) as store,
        pytest.raises(StoreError, match="format 3; this version reads 1 to 2"),
    ):
        store.restore(dumped / "store")


def test_a_folder_that_is_there_is_not_written_over(dumped: Path, tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="is there already"):
        dump(Settings(data_dir=tmp_path / "first"), dumped)


@pytest.mark.parametrize("place", [0, 100])
def test_a_damaged_store_is_told_with_the_way_back(dumped: Path, tmp_path: Path, place: int) -> None:
    settings = Settings(data_dir=tmp_path / "first")
    file = settings.data_dir / "pharos.db"
    content = bytearray(file.read_bytes())
    content[place : place + 9000] = b"\xa5" * 9000
    file.write_bytes(content)
    with pytest.raises(StoreError, match=r"damaged .* `pharos restore` a dump"), open_store(settings) as store:
        store.counts()
    file.unlink()
    assert restore(settings, dumped)["items"] == 41
