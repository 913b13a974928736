"""Items that are shown from one time until another: in every list, at the time of the request."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pytest
from starlette.testclient import TestClient

from pharos.indexing.filters import check, parse_expression
from pharos.ingest.dataset import Dataset
from pharos.ingest.export import export_dataset
from pharos.ingest.fingerprint import fingerprint
from pharos.ingest.load import load_dataset
from pharos.serving.app import create_app
from pharos.serving.operations.backup import dump, restore
from pharos.serving.parts import open_store
from pharos.serving.pipeline.eligible import Eligible
from pharos.serving.service import Service
from pharos.serving.settings import Settings
from pharos.serving.store import NewItem, Store
from tests.ingest.folders import INTERACTIONS
from tests.ingest.folders import write as write_files
from tests.serving import world
from tests.serving.world import SCHEMA, war
from tests.serving.writing_world import disagreements, war_film, writable

NOW = int(time.time())
DAY = 86_400
TIMES: dict[str, dict[str, int]] = {
    "always": {},
    "since yesterday": {"available_from": NOW - DAY},
    "until tomorrow": {"available_until": NOW + DAY},
    "today": {"available_from": NOW - DAY, "available_until": NOW + DAY},
    "from tomorrow": {"available_from": NOW + DAY},
    "until yesterday": {"available_until": NOW - DAY},
    "never": {"available_from": NOW - DAY, "available_until": NOW - DAY},
}
SHOWN = {"always", "since yesterday", "until tomorrow", "today"}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """By how many seconds the clock is ahead, to be set."""
    ahead, real = [0.0], time.time
    monkeypatch.setattr(time, "time", lambda: real() + ahead[0])
    yield ahead


@pytest.fixture
def filled(empty_store: Store) -> Store:
    """A store, on each kind of database, with an item of each kind."""
    empty_store.import_dataset(world.dataset())
    empty_store.put_items([NewItem(name, f"Zebra {name}", {"genres": ["Zebra"]}, **at) for name, at in TIMES.items()])
    return empty_store


def test_the_store_lists_what_is_shown_now(filled: Store) -> None:
    zebras = check(parse_expression("genres=Zebra"), SCHEMA)
    assert filled.available(list(TIMES)) == SHOWN
    assert {item.item_id for item in filled.popular(50, zebras)} == SHOWN
    assert {item.item_id for item in filled.popular(100)} & set(TIMES) == SHOWN
    assert {found.item_id for found in filled.find_titles("zebra", 50)} == SHOWN
    assert set(filled.new_items(50, NOW - 60, None)) & set(TIMES) == SHOWN
    assert {item.item_id for item in filled.list_items(100, None, zebras)} == set(TIMES)


def test_the_store_lists_what_is_shown_when_it_is_asked(filled: Store, clock: list[float]) -> None:
    clock[0] = 2 * DAY
    assert filled.available(list(TIMES)) == {"always", "since yesterday", "from tomorrow"}
    assert filled.next_change() is None
    clock[0] = 0
    assert filled.next_change() == NOW + DAY


def test_times_can_be_changed_one_by_one_and_removed(filled: Store) -> None:
    changed = filled.patch_item("today", times={"available_until": None})
    assert changed is not None
    assert (changed.available_from, changed.available_until) == (NOW - DAY, None)
    assert changed.content_revision < changed.revision
    kept = filled.patch_item("today", title="Other")
    assert kept is not None and kept.available_from == NOW - DAY


def test_items_can_be_filtered_by_their_times(filled: Store) -> None:
    late = check(parse_expression(f"available_from>{NOW}"), SCHEMA)
    assert filled.matching(list(TIMES), late) == {"from tomorrow"}
    none = check(parse_expression(f"available_until!={NOW + DAY}"), SCHEMA)
    assert filled.matching(list(TIMES), none) == set(TIMES) - {"until tomorrow", "today"}


def test_a_dump_keeps_the_times_and_one_of_the_first_format_is_read(tmp_path: Path) -> None:
    first = Settings(data_dir=tmp_path / "first")
    with open_store(first) as store:
        store.put_items([NewItem(name, name, {}, **at) for name, at in TIMES.items()])
        items = store.items(list(TIMES))
    dump(first, tmp_path / "dump")
    restore(Settings(data_dir=tmp_path / "second"), tmp_path / "dump")
    with open_store(Settings(data_dir=tmp_path / "second")) as store:
        assert store.items(list(TIMES)) == items
    rows = (tmp_path / "dump" / "store" / "items.jsonl").read_text().splitlines()
    older = "\n".join(json.dumps(json.loads(row)[:-2]) for row in rows)
    (tmp_path / "dump" / "store" / "items.jsonl").write_text(older + "\n")
    described = json.loads((tmp_path / "dump" / "store" / "format.json").read_text())
    (tmp_path / "dump" / "store" / "format.json").write_text(json.dumps({**described, "format": 1}))
    with open_store(Settings(data_dir=tmp_path / "third")) as store:
        store.restore(tmp_path / "dump" / "store")
        assert store.available(list(TIMES)) == set(TIMES)


ITEMS = (
    '[items]\nfile = "items.csv"\nid = "id"\ntitle = "name"\navailable_from = "begin"\navailable_until = "end"\n'
    '[items.features]\nprice = "number"\n'
)
LINES = ["id,name,price,begin,end", "a,A,1,2020-01-01,2021-01-01T12:00:00Z", "b,B,2,,", "c,C,3,2030-01-01,2029-01-01"]


def test_the_columns_of_a_file_tell_the_times(tmp_path: Path) -> None:
    folder = write_files(tmp_path, INTERACTIONS + ITEMS, events__csv=["user,item", "u,a", "u,b"], items__csv=LINES)
    data = load_dataset(str(folder))
    told = data.items.set_index("item_id")[["available_from", "available_until"]]
    assert told.loc["a"].tolist() == [1_577_836_800, 1_609_502_400]
    assert told.loc["b"].isna().all()
    assert any("end is not after begin: the item is never shown" in line for line in data.report.lines())
    export_dataset(data, tmp_path / "again")
    assert fingerprint(load_dataset(str(tmp_path / "again"))) == fingerprint(data)
    with open_store(Settings(data_dir=tmp_path / "data")) as store:
        store.import_dataset(data)
        record = store.items(["a"])["a"]
        assert (record.available_from, record.available_until) == (1_577_836_800, 1_609_502_400)
        assert store.available(["a", "b", "c"]) == {"b"}
        assert store.import_dataset(data).items_changed == 0


def test_an_import_without_times_leaves_those_that_items_have(filled: Store) -> None:
    filled.patch_item(war(1), times={"available_until": 5})
    assert filled.import_dataset(world.dataset()).items_changed == 0
    record = filled.item(war(1))
    assert record is not None and record.available_until == 5


def test_a_table_in_memory_tells_the_times_too() -> None:
    items = pd.DataFrame(
        {"item_id": ["a", "b"], "available_from": [5, None], "available_until": pd.to_datetime(["2020-01-01", None])}
    )
    data = Dataset.from_frames(pd.DataFrame({"user_id": ["u", "u"], "item_id": ["a", "b"]}), items)
    assert data.items["available_until"].tolist()[0] == 1_577_836_800
    assert data.items["available_from"].isna().tolist() == [False, True]


@pytest.fixture(scope="module", params=["embedded", "server"])
def client(
    request: pytest.FixtureRequest, trained_too: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    """A client on each engine, with a war film of each kind of times."""
    url = request.getfixturevalue("qdrant_url") if request.param == "server" else ""
    with (
        writable(trained_too, tmp_path_factory.mktemp("times"), url) as settings,
        TestClient(create_app(settings), raise_server_exceptions=False) as client,
    ):
        for name, at in TIMES.items():
            written = client.put(f"/v1/items/{name}", json={**war_film(f"Zebra {name}", genres=["War", "Zebra"]), **at})
            assert (written.status_code, written.json()["available_from"]) == (201, at.get("available_from"))
        yield client


def lists(client: TestClient) -> dict[str, set[str]]:
    """Those of the items that each kind of list shows."""
    zebras = {"k": 60, "filter": "genres=Zebra"}
    answers = {
        "recommended": client.get("/v1/users/w3/recommendations", params=zebras),
        "for anyone": client.post("/v1/recommendations", json={"history": [{"item_id": war(1)}], "k": 60}),
        "with new ones": client.get("/v1/users/w3/recommendations", params={"k": 10, "new_share": 1.0}),
        "similar": client.get(f"/v1/items/{war(1)}/similar", params={"k": 60}),
        "by title": client.get("/v1/search", params={"q": "zebra", "k": 60}),
        "by meaning": client.get("/v1/search", params={"q": "soldiers in a battle", "k": 60}),
        "popular": client.get("/v1/popular", params={"k": 60}),
        "popular zebras": client.get("/v1/popular", params=zebras),
        "for a stranger": client.post("/v1/recommendations", json={"history": [], "k": 60}),
    }
    return {
        name: {item["item_id"] for item in answer.raise_for_status().json()["items"]} & set(TIMES)
        for name, answer in answers.items()
    }


def service_of(client: TestClient) -> Service:
    return cast(Service, client.app.state.service)  # type: ignore[attr-defined]


def test_every_list_shows_what_is_shown_now(client: TestClient) -> None:
    assert lists(client) == dict.fromkeys(lists(client), SHOWN)
    assert disagreements(service_of(client)) == []


def test_every_list_goes_with_the_time_of_the_request(client: TestClient, clock: list[float]) -> None:
    lists(client)  # what is popular is kept for some seconds
    clock[0] = 2 * DAY
    then = {"always", "since yesterday", "from tomorrow"}
    assert {name: found - then for name, found in lists(client).items()} == {name: set() for name in lists(client)}
    found = lists(client)
    del found["with new ones"]  # which items are new is looked up now and then
    assert found == dict.fromkeys(found, then)


def test_the_index_itself_leaves_out_what_is_not_shown(client: TestClient) -> None:
    service = service_of(client)
    collection = service.live.fresh().collection
    zebras = check(parse_expression("genres=Zebra"), SCHEMA)
    assert service.index.count(collection, zebras) == len(TIMES)
    assert service.index.count(collection, zebras & Eligible(service.store).filter()) == len(SHOWN)


def test_an_item_whose_time_is_over_leaves_every_list_at_once(client: TestClient) -> None:
    def patch(**times: Any) -> None:
        assert client.patch("/v1/items/today", json=times).json()["indexed"]

    patch(available_until=NOW - 5)
    assert "today" not in set().union(*lists(client).values())
    patch(available_until=None)
    found = lists(client)
    del found["popular"], found["with new ones"]  # which is counted now and then
    assert {name for name, shown in found.items() if "today" not in shown} == set()
    patch(available_until=NOW + DAY)


def test_why_says_that_an_item_is_not_shown_at_this_time(client: TestClient) -> None:
    told = client.post("/v1/explain", json={"user_id": "w3", "item_id": "from tomorrow"}).json()
    assert (told["fell_at"], "not shown at this time" in told["summary"]) == ("eligible", True)


@pytest.mark.parametrize("wrong", [-1, 1_800_000_000_000, "2026-01-01", 1.5])
def test_a_time_that_is_none_is_refused(client: TestClient, wrong: object) -> None:
    answer = client.put("/v1/items/wrong", json={"title": "Wrong", "available_until": wrong})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "available_until")
