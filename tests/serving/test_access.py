"""Keys: who may do what, and that no route is open by oversight."""

import logging
from collections.abc import Iterator

import pytest
from fastapi.routing import iter_route_contexts
from starlette.testclient import TestClient

from pharos.serving.api.access import ROUTES, needed_scope, template_of
from pharos.serving.app import create_app
from pharos.serving.operations.keys import Keys, Scope, hash_of, make_key
from pharos.serving.parts import open_store
from pharos.serving.settings import Settings
from tests.serving import world

KEYS = {scope: make_key() for scope in ("read", "write", "admin")}
HASHES = {scope: [hash_of(make_key().encode()), hash_of(key.encode())] for scope, key in KEYS.items()}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client, without a key, of an application that wants one; its index is empty."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("guarded"), api_keys=HASHES)
    with open_store(settings) as store:
        store.import_dataset(world.dataset())
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_every_route_has_a_scope(client: TestClient) -> None:
    served = {
        (route.path, method)
        for route in iter_route_contexts(client.app.routes)  # type: ignore[attr-defined]
        for method in route.methods or ()
    }
    assert len(served) > 10
    declared = {(path, method) for path, methods in ROUTES.items() for method in [*methods, "HEAD"]}
    assert served - declared == set()


def test_what_changes_or_removes_anything_is_never_open() -> None:
    settings = Settings(open_reading=True, open_metrics=True)
    for template, methods in ROUTES.items():
        for method in set(methods) - {"GET", "POST"}:
            assert (needed_scope(template, method, settings) or Scope.OPEN) >= Scope.WRITE
    for template in ("/v1/reindex", "/v1/rollback"):
        assert needed_scope(template, "POST", settings) is Scope.ADMIN


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/healthz"])
def test_what_shows_no_data_needs_no_key(guarded: TestClient, path: str) -> None:
    assert guarded.get(path).status_code == 200


def test_readiness_needs_no_key(guarded: TestClient) -> None:
    assert guarded.get("/readyz").status_code == 503


@pytest.mark.parametrize("path", ["/v1/popular", "/v1/items/war-1", "/v1/users/w1/recommendations", "/metrics"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        bearer(""),
        bearer("wrong"),
        {"Authorization": "Bearer wröng".encode()},
        bearer(HASHES["read"][0]),
        {"Authorization": f"Basic {KEYS['read']}"},
        {"Authorization": KEYS["read"]},
        {"X-API-Key": f"{KEYS['read']}x"},
    ],
)
def test_without_a_known_key_nothing_is_read(guarded: TestClient, path: str, headers: dict[str, str | bytes]) -> None:
    response = guarded.get(path, headers=headers)
    assert response.status_code == 401
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert "Authorization: Bearer" in response.json()["detail"]


@pytest.mark.parametrize("scope", KEYS)
@pytest.mark.parametrize("path", ["/v1/popular", "/metrics"])
def test_every_key_may_read(guarded: TestClient, scope: str, path: str) -> None:
    assert guarded.get(path, headers=bearer(KEYS[scope])).status_code == 200
    assert guarded.get(path, headers={"x-api-key": KEYS[scope]}).status_code == 200


@pytest.mark.parametrize(("path", "method"), [("/v1/reindex", "POST"), ("/v1/items/war-1", "DELETE")])
@pytest.mark.parametrize("scope", ["read", "write"])
def test_a_key_of_less_than_is_needed_is_refused_and_told_what_is_needed(
    guarded: TestClient, path: str, method: str, scope: str
) -> None:
    response = guarded.request(method, path, headers=bearer(KEYS[scope]))
    assert response.status_code == 403
    assert "may do everything; the one sent may read" in response.json()["detail"]


def test_a_key_is_looked_at_before_the_body_and_the_parameters(guarded: TestClient) -> None:
    assert guarded.post("/v1/recommendations", content=b"{").status_code == 401
    assert guarded.get("/v1/popular?k=0").status_code == 401


def test_reading_may_be_opened_and_the_numbers_stay_closed(tmp_path) -> None:
    settings = Settings(data_dir=tmp_path, api_keys=HASHES, open_reading=True)
    with TestClient(create_app(settings)) as client:
        assert client.get("/v1/popular").status_code == 200
        assert client.get("/metrics").status_code == 401
        assert client.post("/v1/rollback").status_code == 401


def test_the_numbers_may_be_opened_and_reading_stays_closed(tmp_path) -> None:
    settings = Settings(data_dir=tmp_path, api_keys=HASHES, open_metrics=True)
    with TestClient(create_app(settings)) as client:
        assert client.get("/metrics").status_code == 200
        assert client.get("/v1/popular").status_code == 401


def test_an_address_that_is_not_listed_does_not_exist() -> None:
    app = create_app(Settings())
    app.add_api_route("/v1/forgotten", lambda: "secret")
    assert TestClient(app).get("/v1/forgotten").status_code == 404


def test_a_method_that_a_route_does_not_have_is_told_which_it_has(client: TestClient) -> None:
    response = client.delete("/v1/popular")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET"


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/v1/items/a%2Fsimilar", "/v1/items/{item_id}"),
        ("/v1/items/a/similar", "/v1/items/{item_id}/similar"),
        ("/v1/items:batch", "/v1/items:batch"),
        ("/v1/items/", None),
        ("/v1/popular/", None),
        ("//v1/popular", None),
    ],
)
def test_a_path_belongs_to_the_route_that_serves_it(path: str, template: str | None) -> None:
    assert template_of(path) == template


def test_pages_of_other_sites_cannot_write_through_the_browser_of_a_person_who_runs_it(client: TestClient) -> None:
    headers = {"Origin": "https://elsewhere.example"}
    response = client.post("/v1/rollback", headers=headers)
    assert response.status_code == 403
    assert "elsewhere.example" in response.json()["detail"]
    assert client.post("/v1/rollback", headers={"Origin": "http://testserver"}).status_code != 403
    assert client.get("/v1/popular", headers=headers).status_code == 200


def test_all_hashes_are_compared_wherever_the_known_one_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []

    def count(one: str, other: str) -> bool:
        compared.append(other)
        return one == other

    monkeypatch.setattr("pharos.serving.operations.keys.hmac.compare_digest", count)
    keys = Keys(HASHES)  # type: ignore[arg-type]
    assert keys.scope_of(KEYS["read"].encode()) is Scope.READ
    assert compared == [digest for digests in HASHES.values() for digest in digests]


def test_a_key_of_two_kinds_may_do_the_most_of_them() -> None:
    digest = hash_of(b"key")
    assert Keys({"admin": [digest], "read": [digest]}).scope_of(b"key") is Scope.ADMIN


def test_keys_are_long_random_and_never_the_same() -> None:
    keys = {make_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(len(key.removeprefix("pharos_")) == 43 for key in keys)


def test_no_key_is_logged_or_answered(guarded: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        answers = [
            guarded.get("/v1/popular", headers=bearer(key)).text + guarded.get("/readyz", headers=bearer(key)).text
            for key in (KEYS["read"], "a-wrong-key")
        ]
    told = caplog.text + "".join(answers)
    assert "/v1/popular" in caplog.text
    assert [key for key in (KEYS["read"], "a-wrong-key", *HASHES["read"]) if key in told] == []


def test_the_description_says_how_to_send_a_key_and_what_needs_which(guarded: TestClient) -> None:
    document = guarded.get("/openapi.json").json()
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    assert document["components"]["securitySchemes"]["header"]["name"] == "X-API-Key"
    assert document["paths"]["/healthz"]["get"]["security"] == []
    assert document["paths"]["/v1/popular"]["get"]["security"] == [{"bearer": ["read"]}, {"header": ["read"]}]
