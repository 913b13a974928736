"""Re-indexing and rolling back over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pharos.serving.app import create_app
from tests.serving import world
from tests.serving.reindexing_world import FIRST, SECOND, eventually, prepared


@pytest.fixture(scope="module")
def served(bundles: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of an application whose index is empty at first."""
    with (
        prepared(bundles, tmp_path_factory.mktemp("served"), "") as settings,
        TestClient(create_app(settings)) as client,
    ):
        yield client


def reindexed(client: TestClient, bundle: str) -> dict[str, object]:
    """The job at its end."""
    where = client.post("/v1/reindex", json={"bundle": bundle}).headers["Location"]
    eventually(lambda: client.get(where).json()["finished_at"] is not None)
    return dict(client.get(where).json())


def test_what_is_live_is_replaced_and_rolled_back_to(served: TestClient) -> None:
    assert served.post("/v1/rollback").status_code == 409
    first, second = reindexed(served, FIRST), reindexed(served, SECOND)
    assert (first["state"], second["state"]) == ("done", "done")
    ready = served.get("/readyz").json()
    assert (ready["status"], ready["bundle"], ready["collection"]) == ("ready", SECOND, second["collection"])
    back = served.post("/v1/rollback").json()
    assert back == {"bundle": FIRST, "collection": first["collection"], "previous": second["collection"]}
    assert served.get(f"/v1/items/{world.war(1)}/similar").json()["collection"] == first["collection"]


def test_a_job_is_accepted_without_a_body(served: TestClient) -> None:
    answer = served.post("/v1/reindex")
    assert (answer.status_code, answer.json()["bundle"]) == (202, SECOND)
    eventually(lambda: served.get(answer.headers["Location"]).json()["state"] == "done")


def test_what_is_not_known_is_named_with_what_is(served: TestClient) -> None:
    refused = served.post("/v1/reindex", json={"bundle": "third"})
    assert (refused.status_code, refused.json()["errors"][0]["allowed"]) == (422, "one of first, second")
    assert served.post("/v1/reindex", json={"bundel": FIRST}).status_code == 422
    assert served.get("/v1/jobs/nothing").status_code == 404
