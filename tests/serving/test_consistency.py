"""That a check of everything finds what does not agree, and nothing where all does."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pharos.serving.operations.consistency import disagreements, miscounted
from pharos.serving.service import Service, open_service
from pharos.serving.settings import Settings
from pharos.serving.store import NewItem, UserEvent
from tests.serving import world


@pytest.fixture
def service(trained_too: Path, tmp_path: Path) -> Iterator[Service]:
    """The whole world, to spoil."""
    folder = shutil.copytree(trained_too, tmp_path / "data")
    with open_service(Settings(data_dir=folder)) as service:
        yield service


def spoil(service: Service, statement: str) -> None:
    with closing(sqlite3.connect(service.settings.data_dir / "pharos.db")) as connection, connection:
        connection.execute(statement)


def test_what_was_imported_and_indexed_agrees(service: Service) -> None:
    assert list(disagreements(service)) == []


def test_what_was_written_one_by_one_agrees(service: Service) -> None:
    service.items.put(NewItem("new", "New", {"genres": ["War"], "year": 1999}))
    service.items.patch("war-1", title=None, features={"year": None}, available=False)
    service.items.delete("toy-1")
    service.store.add_events(
        [UserEvent("somebody", "new", "rating", 0.1, 5), UserEvent("w1", "war-2", "view", None, 5)]
    )
    service.store.delete_user("w2")
    assert list(disagreements(service)) == []


@pytest.mark.parametrize(("year", "agrees"), [(1999.0000000000002, True), (1999.0000001, False)])
def test_the_last_digit_of_a_number_is_no_disagreement_and_any_other_is(
    service: Service, year: float, agrees: bool
) -> None:
    service.items.put(NewItem("new", "New", {"genres": ["War"], "year": 1999}))
    service.index.set_payload(service.live.current().collection, "new", {"year": year})
    assert (list(disagreements(service)) == []) is agrees


Damage = Callable[[Service], object]


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (
            lambda service: service.index.delete(service.live.current().collection, ["war-3"]),
            "1 items are not in the index: 'war-3'",
        ),
        (
            lambda service: service.store.patch_item("war-3", available=False),
            "1 items are indexed at another revision: 'war-3'",
        ),
        (
            lambda service: service.index.set_payload(service.live.current().collection, "war-3", {"year": 1.0}),
            "1 items have another payload in the index than in the store: 'war-3'",
        ),
        (lambda service: service.store.delete_item("war-3"), "1 items are deleted, and still in the index: 'war-3'"),
        (
            lambda service: spoil(service, "DELETE FROM items WHERE id = 'war-3'"),
            "1 points of the index are of items that the store never had",
        ),
        (
            lambda service: spoil(service, "DELETE FROM events WHERE item_id = 'war-3' AND user_id = 'w1'"),
            "1 items have event counts that differ from their events: 'war-3'",
        ),
        (
            lambda service: spoil(service, "UPDATE item_counts SET value_sum = 0 WHERE item_id = 'war-3'"),
            "1 items have event counts that differ from their events: 'war-3'",
        ),
        (
            lambda service: service.store.put_items([NewItem(f"n{n}", "New", {}, True) for n in range(7)]),
            "7 items are not in the index: 'n0', 'n1', 'n2', 'n3', 'n4', …",
        ),
    ],
)
def test_what_does_not_agree_is_told_with_its_items(service: Service, damage: Damage, told: str) -> None:
    damage(service)
    assert [*disagreements(service), *miscounted(service.store)] == [told]


def test_what_disagrees_for_a_moment_is_not_told_and_what_stays_is(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = service.live.current().collection
    service.index.delete(collection, ["war-3"])
    service.store.patch_item("war-4", available=False)  # as in the moment between store and index

    def meanwhile(_: float) -> None:
        service.items.patch("war-4", title=None, features={}, available=False)
        service.store.patch_item("war-5", available=False)

    monkeypatch.setattr("pharos.serving.operations.consistency.time.sleep", meanwhile)
    assert list(disagreements(service, looks=2)) == ["1 items are not in the index: 'war-3'"]


def test_an_item_that_is_being_written_at_every_look_is_not_told(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(_: float) -> None:
        """Each look finds another revision, which is in the store and not yet in the index."""
        shown = service.store.items(["war-4"])["war-4"].available
        service.store.patch_item("war-4", available=not shown)

    meanwhile(0)
    monkeypatch.setattr("pharos.serving.operations.consistency.time.sleep", meanwhile)
    assert list(disagreements(service, looks=3)) == []


def test_the_api_compares_the_items_of_a_server_that_runs(client: TestClient) -> None:
    answer = client.get("/v1/consistency").json()
    assert answer == {"items": client.get("/v1/status").json()["counts"]["items"], "disagreements": []}


def test_every_item_of_the_world_was_looked_at(service: Service) -> None:
    for number in range(world.HALF):
        service.index.delete(service.live.current().collection, [world.war(number), world.toy(number)])
    (told,) = disagreements(service)
    assert told.startswith(f"{2 * world.HALF} items are not in the index")
