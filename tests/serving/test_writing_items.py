"""Items that are written over HTTP are in the store and the index with the answer, on both engines."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import cast
from urllib.parse import quote

import numpy as np
import pytest
from starlette.testclient import TestClient

from pharos.indexing.index import TEXT, TOWER
from pharos.serving.app import create_app
from pharos.serving.service import Service
from tests.serving import world
from tests.serving.world import war
from tests.serving.writing_world import disagreements, war_film, writable

HOSTILE = [
    "a/b", "../../etc/passwd", "..", ".", "'; DROP TABLE items;--", "🎬 ünï", "%", "%00", "a b", " ", "\u202e", "None",
    "\n", "?x=1", "#", ":batch", "similar", "x" * 512,
]  # fmt: skip


@pytest.fixture(scope="module", params=["embedded", "server"])
def client(
    request: pytest.FixtureRequest, trained_too: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    """A client that may write what it likes: no test counts on what another left."""
    url = request.getfixturevalue("qdrant_url") if request.param == "server" else ""
    with (
        writable(trained_too, tmp_path_factory.mktemp("writing"), url) as settings,
        TestClient(create_app(settings), raise_server_exceptions=False) as client,
    ):
        yield client


@pytest.fixture
def service(client: TestClient) -> Service:
    return cast(Service, client.app.state.service)  # type: ignore[attr-defined]


def ids(answer: dict[str, list[dict[str, str]]]) -> list[str]:
    return [item["item_id"] for item in answer["items"]]


def vectors(service: Service, item_id: str) -> dict[str, np.ndarray]:
    point = service.index.fetch(service.live.fresh().collection, [item_id], with_vectors=(TOWER, TEXT))[item_id]
    return dict(point.vectors)


def test_a_posted_item_is_found_by_its_text_in_the_next_request(client: TestClient) -> None:
    text = "A lighthouse keeper befriends a lonely whale on a stormy coast."
    answer = client.put("/v1/items/whale", json=war_film("Beacon", overview=text, genres=["Sea"]))
    assert (answer.status_code, answer.json()["indexed"]) == (201, True)
    assert ids(client.get("/v1/search", params={"q": "story about a whale and a lighthouse"}).json())[0] == "whale"


def test_a_posted_item_is_found_by_its_title_in_the_next_request(client: TestClient) -> None:
    client.put("/v1/items/titled", json=war_film("Zebra Crossing"))
    assert ids(client.get("/v1/search", params={"q": "zebra cro"}).json())[0] == "titled"


def test_a_posted_item_is_found_by_its_tags_in_the_next_request(client: TestClient) -> None:
    client.put("/v1/items/tagged", json=war_film(genres=["War", "Tag never seen"]))
    selection = {"history": [{"item_id": war(1)}], "filter": {"genres": "Tag never seen"}}
    answer = client.post("/v1/recommendations", json=selection).json()
    assert (ids(answer), answer["items"][0]["source"]) == (["tagged"], "personal")


def test_a_posted_item_is_recommended_to_whom_it_fits_in_the_next_request(client: TestClient) -> None:
    client.put("/v1/items/fitting", json=war_film())
    scores = {}
    for person in ("w3", "t3"):
        answer = client.get(f"/v1/users/{person}/recommendations", params={"k": 60}).json()
        scores[person] = {item["item_id"]: item["score"] for item in answer["items"]}["fitting"]
    assert scores["w3"] > 0.5 > scores["t3"]


def test_a_posted_item_in_a_history_counts_at_once(client: TestClient) -> None:
    client.put("/v1/items/watched", json=war_film())
    answer = client.post("/v1/recommendations", json={"history": [{"item_id": "watched"}], "k": 5}).json()
    assert answer["unknown_items"] == []
    assert all("war" in item_id or item_id in ("fitting", "tagged", "titled") for item_id in ids(answer))


def test_what_was_written_can_be_read(client: TestClient) -> None:
    written = client.put("/v1/items/read", json=war_film("Read", language="a language never seen")).json()
    assert written.pop("indexed")
    assert client.get("/v1/items/read").json() == written
    assert written["features"]["language"] == "a language never seen"
    assert (written["title"], written["available"]) == ("Read", True)


def test_an_item_put_again_replaces_what_there_was(client: TestClient, service: Service) -> None:
    first = client.put("/v1/items/again", json=war_film("First")).json()
    before = vectors(service, "again")
    answer = client.put("/v1/items/again", json={"title": "Second", "features": {"overview": world.TOY_TEXT}})
    assert answer.status_code == 200
    second = answer.json()
    assert second["revision"] > first["revision"]
    assert (second["created_at"], second["features"]) == (first["created_at"], {"overview": world.TOY_TEXT})
    assert not np.allclose(vectors(service, "again")[TOWER], before[TOWER])
    assert disagreements(service) == []


def test_an_item_without_text_loses_the_vector_of_its_text(client: TestClient, service: Service) -> None:
    client.put("/v1/items/mute", json=war_film())
    assert TEXT in vectors(service, "mute")
    client.put("/v1/items/mute", json={"title": "mute"})
    assert TEXT not in vectors(service, "mute")


def test_a_patch_of_availability_touches_no_vector(
    client: TestClient, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.put("/v1/items/hidden", json=war_film("Hidden Valley"))

    def refuse(*_: object) -> None:
        raise AssertionError("a vector is written")

    with monkeypatch.context() as patched:
        patched.setattr(type(service.index), "upsert", refuse)
        patched.setattr(type(service.live.fresh().bundle), "encode_items", refuse)
        answer = client.patch("/v1/items/hidden", json={"available": False})
        assert (answer.status_code, answer.json()["indexed"], answer.json()["available"]) == (200, True, False)
    assert disagreements(service) == []
    assert "hidden" not in ids(client.get("/v1/search", params={"q": "hidden valley"}).json())
    client.patch("/v1/items/hidden", json={"available": True})
    assert ids(client.get("/v1/search", params={"q": "hidden valley"}).json())[0] == "hidden"


def test_a_patch_of_a_feature_changes_vector_and_payload(client: TestClient, service: Service) -> None:
    client.put("/v1/items/patched", json=war_film())
    before = vectors(service, "patched")
    changes = {"overview": world.TOY_TEXT, "genres": ["Animation"], "language": None}
    answer = client.patch("/v1/items/patched", json={"features": changes}).json()
    assert answer["features"] == {"year": 2020, "genres": ["Animation"], "overview": world.TOY_TEXT}
    after = vectors(service, "patched")
    assert not np.allclose(after[TOWER], before[TOWER])
    assert not np.allclose(after[TEXT], before[TEXT])
    selection = {"filter": {"item_id": "patched", "genres": "Animation"}}
    assert ids(client.post("/v1/recommendations", json=selection).json()) == ["patched"]


def test_a_deleted_item_is_in_no_answer(client: TestClient, service: Service) -> None:
    client.put("/v1/items/gone", json=war_film("Gone Away"))
    answer = client.delete("/v1/items/gone")
    assert (answer.status_code, answer.json()) == (200, {"item_id": "gone", "indexed": True})
    assert client.get("/v1/items/gone").status_code == 404
    assert client.get("/v1/items/gone/similar").status_code == 404
    assert "gone" not in ids(client.get("/v1/search", params={"q": "gone away"}).json())
    assert disagreements(service) == []
    assert client.put("/v1/items/gone", json=war_film("Back")).status_code == 201
    assert disagreements(service) == []


def test_what_is_not_there_cannot_be_changed_or_deleted(client: TestClient) -> None:
    assert client.patch("/v1/items/nothing", json={"available": False}).status_code == 404
    answer = client.delete("/v1/items/nothing")
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["value"] == "nothing"


def test_a_batch_is_written_and_indexed_with_the_answer(client: TestClient, service: Service) -> None:
    batch = [{"item_id": f"batch-{number}", **war_film(f"Batch {number}")} for number in range(50)]
    batch[7]["item_id"] = war(7)
    answer = client.post("/v1/items:batch", json=batch)
    assert answer.status_code == 200
    assert (answer.json()["created"], answer.json()["replaced"], answer.json()["indexed"]) == (49, 1, True)
    assert client.get(f"/v1/items/{war(7)}").json()["title"] == "Batch 7"
    assert disagreements(service) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"features": {"year": "soon"}}, "[1].features.year"),
        ({"features": {"colour": "red"}}, "[1].features.colour"),
        ({"features": {"overview": "a\0b"}}, "[1].features.overview"),
        ({"features": {"genres": ["a", "b\0"]}}, "[1].features.genres"),
        ({"features": {"overview": "\ud800"}}, "[1].features.overview"),
        ({"title": 5}, "[1].title"),
        ({"title": ""}, "[1].title"),
        ({"title": "a\0"}, "[1].title"),
        ({"title": "x" * 20_001}, "[1].title"),
        ({"item_id": "good-0"}, "[1].item_id"),
        ({"item_id": "x" * 513}, "[1].item_id"),
        ({"item_id": "a\0"}, "[1].item_id"),
        ({"available": "yes"}, "[1].available"),
        ({"colour": "red"}, "[1].colour"),
    ],
    ids=lambda part: str(part)[:40],
)
def test_a_bad_record_of_a_batch_is_named_with_its_place_and_nothing_is_written(
    client: TestClient, service: Service, change: dict[str, object], field: str
) -> None:
    import json

    before = service.store.revision()
    batch = [{"item_id": f"good-{number}", **war_film()} for number in range(3)]
    batch[1].update(change)
    answer = client.post("/v1/items:batch", content=json.dumps(batch), headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert service.store.revision() == before


@pytest.mark.parametrize("count", [0, 1001])
def test_a_batch_has_at_least_one_record_and_at_most_so_many(client: TestClient, count: int) -> None:
    answer = client.post("/v1/items:batch", json=[{"item_id": str(number), "title": "x"} for number in range(count)])
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["allowed"] == "1 to 1000 records"


def test_an_unknown_feature_is_refused_with_the_known_ones(client: TestClient, service: Service) -> None:
    for answer in (
        client.put("/v1/items/odd", json={"title": "x", "features": {"colour": "red"}}),
        client.patch(f"/v1/items/{war(1)}", json={"features": {"colour": None}}),
    ):
        assert answer.status_code == 422
        (error,) = answer.json()["errors"]
        assert (error["field"], "year, genres, language, overview" in error["allowed"]) == ("features.colour", True)
    assert service.store.item("odd") is None


@pytest.mark.parametrize("body", [[], "text", {}, {"title": None}, {"title": "x", "features": []}, 5])
def test_a_bad_body_of_an_item_is_refused(client: TestClient, body: object) -> None:
    answer = client.put("/v1/items/odd", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("item_id", HOSTILE, ids=lambda text: ascii(text)[:20])
def test_a_hostile_id_is_an_id_like_any_other(client: TestClient, service: Service, item_id: str) -> None:
    path = f"/v1/items/{quote(item_id, safe='')}".replace("/..", "/%2E%2E").replace("/.", "/%2E")
    answer = client.put(path, json=war_film("Hostile"))
    assert (answer.status_code, answer.json()["item_id"]) == (201, item_id)
    assert client.get(path).json()["title"] == "Hostile"
    found = client.post("/v1/recommendations", json={"filter": {"item_id": item_id}}).json()
    assert ids(found) == [item_id]
    assert client.delete(path).status_code == 200
    assert client.get(path).status_code == 404
    assert disagreements(service) == []


@pytest.mark.parametrize("item_id", ["%00", "x" * 513, "x" * 10_000, "%FF%FE", "%ED%A0%80"], ids=lambda text: text[:9])
def test_an_id_that_cannot_be_kept_is_refused(client: TestClient, item_id: str) -> None:
    answer = client.put(f"/v1/items/{item_id}", json=war_film())
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "item_id"


def test_writers_of_one_item_leave_store_and_index_in_agreement(client: TestClient, service: Service) -> None:
    failures: list[str] = []

    def write(writer: int) -> None:
        for turn in range(6):
            path = f"/v1/items/contested-{turn % 2}"
            answers = [
                client.put(path, json=war_film(f"{writer} {turn}", year=1900 + 10 * writer + turn)),
                client.patch(path, json={"available": bool((writer + turn) % 2)}),
                *([client.delete(path)] if (writer + turn) % 3 == 0 else []),
            ]
            failures.extend(answer.text for answer in answers if answer.status_code not in (200, 201, 404))

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert disagreements(service) == []
    bundle = service.live.fresh().bundle
    for record in service.store.items(["contested-0", "contested-1"]).values():
        (tower,) = bundle.encode_items(service.store.frame_of([record])).tower
        np.testing.assert_allclose(vectors(service, record.item_id)[TOWER], tower, atol=1e-5)
