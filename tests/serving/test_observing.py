"""What is counted, timed and logged of the requests."""

import io
import json
import logging
import logging.config
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from pharos.serving.app import create_app
from pharos.serving.operations.logs import configuration
from pharos.serving.parts import open_store
from pharos.serving.pipeline import Pipeline
from pharos.serving.settings import Settings
from tests.serving import world


@pytest.fixture
def fresh(tmp_path) -> Iterator[TestClient]:
    """A client of an application with a store and nothing live, whose numbers start at zero."""
    settings = Settings(data_dir=tmp_path / "fresh")
    with open_store(settings) as store:
        store.import_dataset(world.dataset())
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


def number(client: TestClient, name: str, **labels: str) -> float | None:
    """The sum of the samples of this name with these labels; None if there is none."""
    families = text_string_to_metric_families(client.get("/metrics").raise_for_status().text)
    found = [
        sample.value
        for family in families
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    ]
    return sum(found) if found else None


def test_requests_are_counted_by_route_method_and_status(fresh: TestClient) -> None:
    for path in ("/v1/items/war-1", "/v1/items/war-2", "/v1/items/nothing"):
        fresh.get(path)
    labels = {"route": "/v1/items/{item_id}", "method": "GET"}
    assert number(fresh, "pharos_requests_total", status="200", **labels) == 2
    assert number(fresh, "pharos_requests_total", status="404", **labels) == 1
    assert number(fresh, "pharos_request_seconds_count", **labels) == 3


def test_strangers_make_no_series_of_their_own(fresh: TestClient) -> None:
    for name in ("a", "b"):
        fresh.request(f"BREW{name}", f"/{name}")
    assert number(fresh, "pharos_requests_total", route="other", method="other") == 2
    assert "BREW" not in fresh.get("/metrics").text


def test_a_failure_of_ours_is_counted(fresh: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(Pipeline, "popular", fail)
    fresh.get("/v1/popular")
    assert number(fresh, "pharos_requests_total", route="/v1/popular", status="500") == 1


def test_degraded_lists_are_counted(fresh: TestClient) -> None:
    fresh.get("/v1/users/w1/recommendations")
    fresh.get("/v1/popular")
    assert number(fresh, "pharos_degraded_answers_total", list="recommend") == 1
    assert number(fresh, "pharos_degraded_answers_total", list="popular") is None


def test_what_was_written_is_counted_and_what_was_there_is_not(fresh: TestClient) -> None:
    event = {"user_id": "somebody", "item_id": "war-1", "type": "view", "timestamp": 5}
    fresh.put("/v1/items/new", json={"title": "New"})
    fresh.post("/v1/items:batch", json=[{"item_id": "a", "title": "A"}, {"item_id": "b", "title": "B"}])
    fresh.delete("/v1/items/a")
    for _ in range(2):
        fresh.post("/v1/events", json=[event])
    fresh.put("/v1/items/wrong", json={})
    kinds = ("item", "item deletion", "event")
    assert [number(fresh, "pharos_writes_total", kind=kind) for kind in kinds] == [3, 1, 1]


def test_stages_are_timed_by_list_bundle_and_variant(client: TestClient) -> None:
    bundle = client.get("/v1/users/w1/recommendations").json()["bundle"]
    for stage in ("profile", "encode", "retrieve", "present", "total"):
        labels = {"list": "recommend", "stage": stage, "bundle": bundle}
        assert number(client, "pharos_stage_seconds_count", variant="", **labels)


def test_what_is_live_and_how_much_it_holds_is_shown(client: TestClient) -> None:
    ready = client.get("/readyz").json()
    assert number(client, "pharos_live", bundle=ready["bundle"], collection=ready["collection"]) == 1
    assert number(client, "pharos_index_items") == 2 * world.HALF + 1
    assert number(client, "pharos_ready") == 3


def test_the_part_that_is_not_ready_is_shown(fresh: TestClient) -> None:
    assert number(fresh, "pharos_ready", part="store") == 1
    assert number(fresh, "pharos_ready", part="live") == 0
    assert number(fresh, "pharos_index_items") is None


def test_each_application_counts_for_itself(fresh: TestClient, client: TestClient) -> None:
    client.get("/v1/popular")
    assert number(fresh, "pharos_requests_total", route="/v1/popular") is None


def test_every_answer_has_an_id_of_its_own(client: TestClient) -> None:
    ids = {client.get("/healthz").headers["x-request-id"] for _ in range(10)}
    assert len(ids) == 10


def test_a_sane_id_of_the_client_is_kept_and_stands_in_the_problem_document(client: TestClient) -> None:
    response = client.get("/v1/items/nothing", headers={"X-Request-ID": "trace-1.a:b_c"})
    assert response.headers["x-request-id"] == response.json()["request_id"] == "trace-1.a:b_c"


@pytest.mark.parametrize("sent", [b"", b"a b", b"x" * 129, "é".encode(), b'"}{"level":"error'])
def test_any_other_is_replaced(client: TestClient, sent: bytes) -> None:
    response = client.get("/healthz", headers={"X-Request-ID": sent})
    assert len(response.headers["x-request-id"]) == 32


def test_a_failure_of_ours_names_the_id_under_which_the_log_has_it(
    fresh: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(Pipeline, "popular", fail)
    response = fresh.get("/v1/popular", headers={"X-Request-ID": "mine"})
    assert response.status_code == 500
    assert response.headers["x-request-id"] == response.json()["request_id"] == "mine"


@pytest.fixture
def log() -> Iterator[tuple[logging.Handler, io.StringIO]]:
    """Where JSON lines of this package are written to."""
    stream = io.StringIO()
    settings = configuration(Settings(log_format="json"))
    formatter = logging.config.BaseConfigurator(settings).resolve(settings["formatters"]["lines"]["()"])
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter())
    logger = logging.getLogger("pharos")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel("INFO")
    yield handler, stream
    logger.removeHandler(handler)
    logger.setLevel(level)


def test_a_line_of_json_tells_of_each_request_and_of_nobody(
    client: TestClient, log: tuple[logging.Handler, io.StringIO]
) -> None:
    client.get("/v1/users/some-person/recommendations?filter=genres%3DWar", headers={"X-Request-ID": "mine"})
    (line,) = log[1].getvalue().splitlines()
    told = json.loads(line)
    assert (told["method"], told["route"], told["status"]) == ("GET", "/v1/users/{user_id}/recommendations", 200)
    assert told["request_id"] == "mine"
    assert told["ms"] > 0
    assert "some-person" not in line
    assert "genres" not in line


def test_a_line_of_text_ends_with_the_id(client: TestClient, log: tuple[logging.Handler, io.StringIO]) -> None:
    settings = configuration(Settings())
    formatter = logging.config.BaseConfigurator(settings).resolve(settings["formatters"]["lines"]["()"])
    log[0].setFormatter(formatter())
    client.get("/healthz", headers={"X-Request-ID": "mine"})
    line = log[1].getvalue().rstrip()
    assert "GET /healthz 200" in line
    assert line.endswith("[mine]")


def test_a_failure_is_one_line_of_json_with_its_trace(
    fresh: TestClient, monkeypatch: pytest.MonkeyPatch, log: tuple[logging.Handler, io.StringIO]
) -> None:
    try:
        raise RuntimeError("two\nlines")
    except RuntimeError:
        logging.getLogger("pharos.anything").exception("it failed")
    (line,) = log[1].getvalue().splitlines()
    assert "RuntimeError: two\nlines" in json.loads(line)["exception"]
