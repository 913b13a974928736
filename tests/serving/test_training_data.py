"""What the store holds becomes a data set that can be trained on."""

import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from pharos.cli import main
from pharos.ingest.dataset import Dataset
from pharos.serving.store import Store
from pharos.serving.store.records import NewItem, UserEvent
from tests.serving import world


def by_pair(data: Dataset) -> pd.DataFrame:
    return data.interactions.sort_values(["user_id", "item_id"], ignore_index=True)


def test_what_was_imported_comes_out_as_it_was(store: Store) -> None:
    data, imported = store.dataset(), world.dataset()
    assert data.schema == imported.schema
    pd.testing.assert_frame_equal(by_pair(data), by_pair(imported), check_dtype=False)
    wanted = imported.items.sort_values("item_id", ignore_index=True)
    found = data.items.sort_values("item_id", ignore_index=True)
    pd.testing.assert_frame_equal(found, wanted[found.columns.tolist()], check_dtype=False)
    assert data.users["user_id"].tolist() == imported.users["user_id"].tolist()
    assert data.users["age"].tolist() == imported.users["age"].tolist()


def test_what_came_over_the_api_is_in_it(store: Store) -> None:
    store.put_items([NewItem("new", "Brand New", {"year": 2026, "genres": ["War"]}, True)])
    store.add_events([UserEvent("newcomer", "new", "view", None, 2_000_000)])
    data = store.dataset()
    assert data.items.set_index("item_id").loc["new", "genres"] == ("War",)
    assert ("newcomer", "new") in set(zip(data.interactions["user_id"], data.interactions["item_id"], strict=True))
    assert "newcomer" in data.users["user_id"].tolist()


def test_the_newest_event_with_an_item_counts_with_its_newest_rating(store: Store) -> None:
    store.add_events([UserEvent("w3", world.war(1), "view", None, 3_000_000)])
    events = store.dataset().interactions
    (row,) = events[(events["user_id"] == "w3") & (events["item_id"] == world.war(1))].to_dict("records")
    assert (row["rating"], row["timestamp"]) == (4.0, 3_000_000)


def test_events_of_no_weight_and_of_deleted_items_are_left_out(store: Store) -> None:
    store.add_events([UserEvent("quiet", world.war(1), "ignore", None, 3_000_000)])
    store.delete_item(world.toy(2))
    data = store.dataset()
    assert "quiet" not in data.interactions["user_id"].tolist()
    assert world.toy(2) not in data.interactions["item_id"].tolist()
    assert world.toy(2) not in data.items["item_id"].tolist()


def test_a_store_without_ratings_and_times_has_no_such_columns(empty_store: Store) -> None:
    data = world.dataset()
    schema = replace(data.schema, has_rating=False, has_timestamp=False)
    bare = data.interactions.drop(columns=["rating", "timestamp"])
    empty_store.import_dataset(replace(data, interactions=bare, schema=schema))
    found = empty_store.dataset()
    assert found.interactions.columns.tolist() == ["user_id", "item_id"]
    assert found.schema == schema


@pytest.mark.parametrize("words", [["train"], ["train", "ml-100k", "--from-store"]])
def test_one_says_where_the_data_come_from(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["pharos", *words])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2


def test_a_bundle_trained_on_the_store_can_be_indexed(
    store: Store,
    any_store_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    store.put_items([NewItem("new", "Brand New", {"year": 2026, "genres": ["War"]}, True)])
    store.close()
    monkeypatch.setenv("PHAROS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PHAROS_DATABASE_URL", any_store_url)
    quick = [word for pair in ("dimensions=16", "max_epochs=4", "text_model=") for word in ("--set", pair)]
    for words in (["train", "--from-store", *quick], ["index"]):
        monkeypatch.setattr(sys, "argv", ["pharos", *words])
        with pytest.raises(SystemExit) as end:
            main()
        assert end.value.code == 0
    assert "42 items" in capsys.readouterr().out
