"""Whatever form an id comes in, over file, API and store it is the same item; and in all else it stays as it is."""

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from pharos.ingest.load import load_dataset
from pharos.serving.app import create_app
from pharos.serving.parts import open_store
from pharos.serving.pipeline import Person
from pharos.serving.settings import Settings
from pharos.serving.store import NewItem, Store, UserEvent
from pharos.towers.histories.queries import HistoryEvent

FORMS = ("NFC", "NFD")
SAME = [
    "007",
    "a/b",
    "ß",
    "🎬",
    "é",
    "x" * 500,
    "é" * 500,
    "🎬" * 500,
    "A",
    "1.0",
    "..",
    "a b",
    "%2F",
    "ﬁ",
    "Ω",
    "'; --",
]

ids = (
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp", "Cn"]), min_size=1, max_size=12)
    .map(lambda text: unicodedata.normalize("NFC", text))
    .filter(lambda text: text == text.strip())
)
marked = st.text("aeouAEOUnc\u0301\u0308\u0303\u0327\u0316가ᄀ", min_size=1, max_size=8).map(
    lambda text: unicodedata.normalize("NFC", text)
)


def part(text: str) -> str:
    return quote(text, safe="").replace(".", "%2E")


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of an application whose store holds one item, from a file, and nothing is indexed."""
    folder = tmp_path_factory.mktemp("unicode")
    with open_store(Settings(data_dir=folder / "data")) as store:
        store.import_dataset(load_dataset(str(write(folder, "first"))))
    with TestClient(create_app(Settings(data_dir=folder / "data")), raise_server_exceptions=False) as client:
        yield client


def write(folder: Path, item_id: str, user_id: str = "somebody") -> Path:
    """A data set of one item, as a file."""
    place = folder / "files"
    place.mkdir(exist_ok=True)
    pd.DataFrame({"user": [user_id], "item": [item_id]}).to_parquet(place / "events.parquet")
    pd.DataFrame({"id": [item_id], "name": ["Title"]}).to_parquet(place / "items.parquet")
    (place / "dataset.toml").write_text(
        '[interactions]\nfile = "events.parquet"\nuser = "user"\nitem = "item"\n'
        '[items]\nfile = "items.parquet"\nid = "id"\ntitle = "name"\n'
    )
    return place


def stored(client: TestClient) -> Store:
    store: Store = client.app.state.service.store  # type: ignore[attr-defined]
    return store


def forms(text: str) -> list[str]:
    return [unicodedata.normalize(form, text) for form in FORMS]


@given(st.one_of(ids, marked))
@example("é" * 500)
@example("🎬")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_forms_reach_the_same_item_over_the_api_and_in_the_store(api: TestClient, item_id: str) -> None:
    composed, decomposed = forms(item_id)
    written = api.put(f"/v1/items/{part(decomposed)}", json={"title": "Title"})
    assert written.json()["item_id"] == composed, written.json()
    for form in (composed, decomposed):
        assert api.get(f"/v1/items/{part(form)}").json()["item_id"] == composed
        found = api.get("/v1/items", params={"filter": f'{{"item_id": {{"any": [{json.dumps(form)}]}}}}'}).json()
        assert [item["item_id"] for item in found["items"]] == [composed]
        record = stored(api).item(form)
        assert record is not None and record.item_id == composed
        body = [{"user_id": form, "item_id": form, "type": "view", "timestamp": 5}]
        api.post("/v1/events", json=body).raise_for_status()
        assert api.get(f"/v1/users/{part(form)}").json()["events"] == 1
    assert api.delete(f"/v1/users/{part(decomposed)}").json()["user_id"] == composed
    assert stored(api).delete_item(decomposed) is not None
    assert api.get(f"/v1/items/{part(composed)}").status_code == 404


@given(st.one_of(ids, marked))
@example("é" * 500)
@example("가")
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_item_of_a_file_is_reached_in_both_forms(api: TestClient, tmp_path: Path, item_id: str) -> None:
    composed, decomposed = forms(item_id)
    dataset = load_dataset(str(write(tmp_path, decomposed)))
    stored(api).import_dataset(dataset, replace=True)
    for form in (composed, decomposed):
        assert api.get(f"/v1/items/{part(form)}").json()["item_id"] == composed
    assert [event.item_id for event in stored(api).list_events_of("somebody", 5)] == [composed]


@pytest.mark.parametrize("text", SAME, ids=lambda text: ascii(text)[:12])
def test_an_id_that_is_composed_survives_unchanged_in_every_database(
    empty_store: Store, tmp_path: Path, text: str
) -> None:
    empty_store.import_dataset(load_dataset(str(write(tmp_path, text, text))))
    empty_store.put_items([NewItem(f"{text}+", text, {})])
    assert [item.item_id for item in empty_store.list_items(9)] == sorted([text, f"{text}+"])
    assert [user.user_id for user in empty_store.list_users(9)] == [text]
    assert [event.item_id for event in empty_store.list_events_of(text, 9)] == [text]
    record = empty_store.item(f"{text}+")
    assert record is not None and record.title == text


@pytest.mark.parametrize("write_as", FORMS)
def test_the_forms_are_one_item_and_one_user_in_every_database(empty_store: Store, write_as: str) -> None:
    empty_store.put_items([NewItem("plain", "Plain", {})])
    name = unicodedata.normalize(write_as, "Müller-é")
    empty_store.put_items([NewItem(name, name, {})])
    composed, decomposed = forms(name)
    for form in (composed, decomposed):
        assert not empty_store.put_items([NewItem(form, form, {})])[0].created
        empty_store.add_events([UserEvent(form, form, "view", None, 5)])
        empty_store.ignore(form, form)
        empty_store.put_user(form, {})
        patched = empty_store.patch_item(form, available=True)
        assert patched is not None and (patched.item_id, patched.title) == (composed, composed)
        assert empty_store.person(form, 5).seen == {composed}
        assert set(empty_store.existing([form])) == {composed}
    counts = empty_store.counts()
    assert (counts.items, counts.users, counts.events) == (2, 1, 1)
    merged = empty_store.merge_users("nobody", decomposed)
    assert merged is None
    empty_store.add_events([UserEvent("visitor", "plain", "view", None, 6)])
    empty_store.ignore("visitor", "plain")
    empty_store.merge_users("visitor", decomposed)
    user = empty_store.user(composed)
    assert user is not None and (user.events, set(user.ignored)) == (2, {composed, "plain"})
    assert empty_store.delete_event(decomposed, decomposed, "view", 5)


def test_features_and_their_names_come_in_one_form_too(api: TestClient, tmp_path: Path) -> None:
    place = write(tmp_path, "only")
    pd.DataFrame({"id": ["only"], "Größe": ["e\u0301"], "tags": ["u\u0308"]}).to_parquet(place / "items.parquet")
    with (place / "dataset.toml").open("a") as file:
        file.write('[items.features]\n"Größe" = "category"\ntags = "tags"\n')
    (place / "dataset.toml").write_text((place / "dataset.toml").read_text().replace('title = "name"\n', ""))
    stored(api).import_dataset(load_dataset(str(place)), replace=True)
    name = unicodedata.normalize("NFD", "Größe")
    written = api.put("/v1/items/other", json={"title": "a\u0308", "features": {name: "e\u0301", "tags": ["u\u0308"]}})
    told: dict[str, Any] = written.json()
    assert (told["title"], told["features"]) == ("ä", {"Größe": "é", "tags": ["ü"]})
    found = api.get("/v1/items", params={"filter": [f"{name}=e\u0301", "tags=u\u0308"]}).json()
    assert [item["item_id"] for item in found["items"]] == ["only", "other"]


def test_a_person_s_ids_are_composed_however_they_were_typed() -> None:
    person = Person("e\u0301", (HistoryEvent("u\u0308", 3.0), HistoryEvent("plain")))
    assert (person.user_id, [event.item_id for event in person.history]) == ("é", ["ü", "plain"])
    assert person.history[0].rating == 3.0
