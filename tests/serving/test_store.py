import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pharos.indexing.filters import AnyOf, Filter
from pharos.ingest.dataset import Dataset
from pharos.ingest.schema import Feature, FeatureType, Schema
from pharos.serving.errors import StoreError
from pharos.serving.pipeline.answers import Candidate, Source
from pharos.serving.pipeline.eligible import Eligible
from pharos.serving.settings import Settings
from pharos.serving.store import Event, Store, StoredPerson, UserEvent, dataset_import
from tests.serving import world
from tests.serving.world import toy, war


def test_an_import_says_what_it_changed(empty_store: Store) -> None:
    counts = empty_store.import_dataset(world.dataset())
    assert (counts.items_changed, counts.users_changed, counts.events_added) == (41, 41, 760)


def test_the_same_import_again_changes_nothing(store: Store) -> None:
    before = store.items([war(0), toy(3)])
    counts = store.import_dataset(world.dataset())
    assert (counts.items_changed, counts.users_changed, counts.events_added) == (0, 0, 0)
    assert store.items([war(0), toy(3)]) == before


def test_a_changed_item_gets_a_higher_revision_and_the_others_keep_theirs(store: Store) -> None:
    before = store.items([war(0), war(1)])
    changed = world.dataset()
    changed.items.loc[changed.items["item_id"] == war(0), "title"] = "Renamed"
    newest = store.revision()
    assert store.import_dataset(changed).items_changed == 1
    after = store.items([war(0), war(1)])
    assert after[war(0)].title == "Renamed"
    assert after[war(0)].revision > newest
    assert after[war(1)] == before[war(1)]
    assert [frame["item_id"].tolist() for frame in store.item_frames(since=newest)] == [[war(0)]]


def test_a_failed_import_leaves_the_store_as_it_was(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise StoreError("the disk is full")

    counts = store.counts()
    broken = world.dataset()
    broken.items["title"] = "new"
    monkeypatch.setattr(dataset_import, "recount", fail)  # the last thing that an import does
    with pytest.raises(StoreError):
        store.import_dataset(broken)
    assert store.counts() == counts
    assert store.item(war(0)).title == "Battle of the Hills 0"


def test_a_data_set_with_other_features_is_refused_unless_the_store_may_be_emptied(store: Store) -> None:
    other = world.dataset("other")
    other = replace(other, schema=replace(other.schema, items=other.schema.items[:2]))
    with pytest.raises(StoreError, match=r"'halves'.*'other'"):
        store.import_dataset(other)
    store.import_dataset(other, replace=True)
    assert store.schema() == other.schema


def test_a_feature_comes_back_as_it_was(empty_store: Store) -> None:
    features = (
        Feature("year", FeatureType.NUMBER),
        Feature("seen", FeatureType.FLAG),
        Feature("language", FeatureType.CATEGORY),
        Feature("genres", FeatureType.TAGS),
        Feature("overview", FeatureType.TEXT),
        Feature("poster", FeatureType.VECTOR, length=2),
    )
    items = pd.DataFrame(
        {
            "item_id": ["full", "bare"],
            "title": ["Full", "Bare"],
            "year": [1990.5, np.nan],
            "seen": [1.0, np.nan],
            "language": ["en", ""],
            "genres": [("a", "b"), ()],
            "overview": ["text", ""],
            "poster": [np.array([1.5, -2.0], np.float32), None],
        }
    )
    events = pd.DataFrame({"user_id": ["u"], "item_id": ["full"]})
    users = pd.DataFrame({"user_id": ["u"]})
    empty_store.import_dataset(Dataset("types", events, items, users, Schema(items=features)))
    (frame,) = empty_store.item_frames()
    pd.testing.assert_frame_equal(frame[items.columns], items.astype(frame[items.columns].dtypes.to_dict()))


def test_a_nul_in_a_file_is_left_out_of_texts_and_refused_in_ids(empty_store: Store) -> None:
    data = world.dataset()
    data.items.loc[0, ["title", "language", "overview"]] = ["a\0b", "e\0n", "\0text"]
    empty_store.import_dataset(data)
    record = empty_store.items([war(0)])[war(0)]
    assert (record.title, record.features["language"], record.features["overview"]) == ("ab", "en", "text")
    data.items.loc[1, "item_id"] = "a\0b"
    with pytest.raises(StoreError, match="NUL"):
        empty_store.import_dataset(data)


def test_a_missing_value_is_not_kept(store: Store) -> None:
    assert set(store.item(war(world.HALF - 1)).features) == {"genres", "overview"}


def test_a_history_has_the_newest_events_oldest_first(store: Store) -> None:
    assert store.history("w3", 2) == [
        Event(war(13), "rating", 4.0, 1_003_018),
        Event(war(16), "rating", 4.0, 1_003_019),
    ]


def test_a_history_without_timestamps_keeps_the_order_of_the_data_set(empty_store: Store) -> None:
    from pharos.ingest.history import order

    bare = world.dataset()
    events = bare.interactions.drop(columns="timestamp")
    empty_store.import_dataset(replace(bare, interactions=events, schema=replace(world.SCHEMA, has_timestamp=False)))
    wanted = order(events[events["user_id"] == "w0"])["item_id"].tolist()
    history = empty_store.history("w0", 100)
    assert [event.item_id for event in history] == wanted
    assert {event.timestamp for event in history} == {None}


def test_many_users_are_read_as_each_alone(store: Store) -> None:
    store.ignore("w1", toy(3))
    store.add_events([UserEvent("w2", war(1), "dismiss", None, 1_700_000_000)])
    users = ["w3", "nobody", "w1", "t5", "w2"]
    assert store.people(users, 4) == [store.person(user_id, 4) for user_id in users]


def test_a_user_has_seen_all_that_there_are_events_of(store: Store) -> None:
    assert store.person("t5", 5).seen == {toy(number) for number in range(world.HALF)} - {toy(5)}


def test_an_unknown_user_has_nothing(store: Store) -> None:
    assert store.person("nobody", 10) == StoredPerson((), frozenset(), {})


def test_unknown_items_are_absent(store: Store) -> None:
    assert store.item("nothing") is None
    assert store.existing([war(1), "nothing"]) == {war(1)}
    assert store.available([war(1), "nothing"]) == {war(1)}


def test_an_item_that_may_not_be_shown_exists_all_the_same(store: Store) -> None:
    store.patch_item(war(1), available=False)
    assert store.existing([war(1), war(2)]) == {war(1), war(2)}
    assert store.available([war(1), war(2)]) == {war(2)}
    candidates = [Candidate(item_id, 1.0, Source.PERSONAL) for item_id in (war(1), "nothing", war(2), war(2), war(3))]
    kept = Eligible(store)(candidates, {war(3)}, 10)
    assert [candidate.item_id for candidate in kept] == [war(2)]


def test_a_search_is_narrowed_only_where_an_item_is_hidden(store: Store) -> None:
    assert Eligible(store).filter() == Filter()
    store.patch_item(war(1), available=False)
    assert Eligible(store).filter() == Filter((AnyOf("available", (True,)),))


def test_item_frames_hold_every_item_once(store: Store) -> None:
    pages = [frame["item_id"].tolist() for frame in store.item_frames(size=7)]
    assert [len(page) for page in pages] == [7, 7, 7, 7, 7, 6]
    assert sorted(item_id for page in pages for item_id in page) == sorted(world.items()["item_id"])


def test_a_second_store_on_the_same_database_sees_what_is_committed(store: Store, any_store_url: str) -> None:
    other = Store(any_store_url, Settings().event_weights)
    assert other.counts() == store.counts()
    other.close()


def test_an_acknowledged_write_survives_a_power_cut(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'pharos.db'}", {})
    for connect in (store.reading, store.writing):
        with connect() as connection:
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
    store.close()


def test_imports_at_the_same_time_wait_for_each_other(empty_store: Store) -> None:
    failures: list[Exception] = []

    def load() -> None:
        try:
            empty_store.import_dataset(world.dataset())
        except StoreError as error:
            failures.append(error)

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert empty_store.counts().events == 760


def test_a_file_that_is_no_database_is_an_error_for_people(tmp_path: Path) -> None:
    (tmp_path / "bad.db").write_text("this is no database, " * 100)
    with pytest.raises(StoreError, match="not a database"):
        Store(f"sqlite:///{tmp_path / 'bad.db'}", {})


@pytest.mark.parametrize("url", ["sqlite://", "mysql://host/db", "nonsense"])
def test_an_address_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(StoreError, match=r"sqlite|file"):
        Store(url, {})


def test_the_file_is_an_ordinary_sqlite_file(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'pharos.db'}", {})
    store.import_dataset(world.dataset())
    store.close()
    with closing(sqlite3.connect(tmp_path / "pharos.db")) as connection:
        assert connection.execute("SELECT count(*) FROM events").fetchone() == (760,)
