"""Keys of a file: for one user alone, until a date, and changed while a server runs."""

import json
import logging
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pharos.cli import main
from pharos.serving.api.access import ROUTES
from pharos.serving.api.user_access import USER_ROUTES
from pharos.serving.app import create_app
from pharos.serving.errors import SettingsError
from pharos.serving.operations.key_file import KeyEntry, KeyRing, add_key, read_keys, revoke_key
from pharos.serving.operations.keys import Grant, Keys, Scope, hash_of, make_key
from pharos.serving.parts import open_store
from pharos.serving.settings import Settings
from tests.serving import world

MINE, THEIRS = "w1", "w2"
KEYS = {name: make_key() for name in ("reader", "writer", "service", "expired", "composed")}


def entry(key: str, scope: str = "read", **other: object) -> KeyEntry:
    return KeyEntry.model_validate({"hash": hash_of(key.encode()), "scope": scope, **other})


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of an application with a file of keys; its index is empty."""
    folder = tmp_path_factory.mktemp("filed")
    file = folder / "keys.json"
    add_key(file, entry(KEYS["reader"], user=MINE))
    add_key(file, entry(KEYS["writer"], "write", user=MINE))
    add_key(file, entry(KEYS["service"], "write"))
    add_key(file, entry(KEYS["expired"], expires=datetime.now(UTC) - timedelta(seconds=1)))
    add_key(file, entry(KEYS["composed"], user="Zoe\u0308 / 1"))
    settings = Settings(data_dir=folder, keys_file=file)
    with open_store(settings) as store:
        store.import_dataset(world.dataset())
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


def ask(client: TestClient, name: str, method: str, path: str, body: object = None) -> tuple[int, str]:
    answer = client.request(method, path, json=body, headers={"X-API-Key": KEYS[name]})
    return answer.status_code, answer.json().get("detail", "") if answer.content and answer.status_code >= 400 else ""


def test_where_a_file_of_keys_is_set_a_key_is_needed(client: TestClient) -> None:
    assert client.get("/v1/popular").status_code == 401
    assert ask(client, "service", "GET", f"/v1/users/{THEIRS}") == (200, "")


def test_a_key_that_has_expired_is_not_known(client: TestClient) -> None:
    status, detail = ask(client, "expired", "GET", "/v1/popular")
    assert (status, "has expired" in detail) == (401, True)


@pytest.mark.parametrize("path", ["", "/events", "/recommendations", "/recommendations?explain=true", "/export"])
def test_a_key_for_one_user_reads_what_is_known_of_them_and_of_nobody_else(client: TestClient, path: str) -> None:
    assert ask(client, "reader", "GET", f"/v1/users/{MINE}{path}") == (200, "")
    status, detail = ask(client, "reader", "GET", f"/v1/users/{THEIRS}{path}")
    assert (status, "for one user alone" in detail) == (403, True)


@pytest.mark.parametrize("path", ["/v1/score", "/v1/explain", "/v1/map/person"])
def test_a_body_that_names_another_user_is_refused(client: TestClient, path: str) -> None:
    more = {"/v1/score": {"item_ids": ["war-1"]}, "/v1/explain": {"item_id": "war-1"}}.get(path, {})
    status, detail = ask(client, "reader", "POST", path, {"user_id": THEIRS, **more})
    assert (status, "for one user alone" in detail) == (403, True)
    # Nothing is live here, which is said to whoever may ask.
    assert ask(client, "reader", "POST", path, {"user_id": MINE, **more})[0] in (200, 503)


def test_a_key_for_one_user_writes_events_of_them_and_of_nobody_else(client: TestClient) -> None:
    events = [{"user_id": user, "item_id": "war-9", "type": "view"} for user in (MINE, THEIRS)]
    before = client.app.state.service.store.counts().events  # type: ignore[attr-defined]
    status, detail = ask(client, "writer", "POST", "/v1/events", events)
    assert (status, "for one user alone" in detail) == (403, True)
    assert client.app.state.service.store.counts().events == before  # type: ignore[attr-defined]
    assert ask(client, "writer", "POST", "/v1/events", events[:1]) == (200, "")
    assert ask(client, "reader", "POST", "/v1/events", events[:1])[0] == 403


def test_a_key_for_one_user_ignores_items_for_them_and_for_nobody_else(client: TestClient) -> None:
    for method in ("PUT", "DELETE"):
        assert ask(client, "writer", method, f"/v1/users/{MINE}/ignored/war-1")[0] == 204
        assert ask(client, "writer", method, f"/v1/users/{THEIRS}/ignored/war-1")[0] == 403


def test_every_route_that_is_not_for_keys_of_one_user_refuses_them(client: TestClient) -> None:
    closed = {
        (method, template)
        for template, methods in ROUTES.items()
        for method, scope in methods.items()
        if scope > Scope.OPEN and method not in USER_ROUTES.get(template, {})
    }
    assert {("GET", "/metrics"), ("GET", "/v1/status"), ("PUT", "/v1/items/{item_id}"), ("GET", "/v1/users")} <= closed
    assert ("POST", "/v1/users/{user_id}/merge") in closed
    for method, template in closed:
        path = template.replace("{user_id}", MINE).replace("{item_id}", "war-1").replace("{job_id}", "1")
        assert ask(client, "writer", method, path)[0] == 403, (method, path)


def test_every_route_about_a_user_refuses_a_key_of_another_one(client: TestClient) -> None:
    for template, methods in USER_ROUTES.items():
        for method in methods if "{user_id}" in template else ():
            path = template.replace("{user_id}", THEIRS).replace("{item_id}", "war-1").replace("{event_id}", "1")
            assert ask(client, "writer", method, path)[0] == 403, (method, path)


def test_a_user_is_the_same_however_the_id_is_written(client: TestClient) -> None:
    for path in ("Zo%C3%AB%20%2F%201", "Zoe%CC%88%20%2f%201"):
        assert ask(client, "composed", "GET", f"/v1/users/{path}/recommendations") == (200, "")
    for path in ("Zoe", "%FF", "Zo%C3%AB%20%2F%201%00"):
        assert ask(client, "composed", "GET", f"/v1/users/{path}/recommendations")[0] == 403


class Clock:
    """Seconds that pass when they are told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def file(tmp_path: Path) -> Path:
    add_key(tmp_path / "keys.json", entry(KEYS["service"], "admin"))
    return tmp_path / "keys.json"


def test_a_changed_file_is_read_again_once_a_second(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    ring = KeyRing(Settings(keys_file=file), clock)
    add_key(file, entry(KEYS["reader"], user=MINE))
    revoke_key(file, KEYS["service"])
    clock.now = 0.5
    assert ring.grant_of(KEYS["service"].encode()) == Grant(Scope.ADMIN)
    clock.now = 1.0
    with caplog.at_level(logging.INFO):
        assert ring.grant_of(KEYS["service"].encode()) is None
    assert ring.grant_of(KEYS["reader"].encode()) == Grant(Scope.READ, MINE)
    assert "was read again: 1 keys" in caplog.text


@pytest.mark.parametrize("text", ["", "[]", '{"keys": [{"hash": "secret", "scope": "read"}]}', None])
def test_a_broken_file_is_said_once_and_the_keys_before_it_go_on(
    file: Path, text: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    ring = KeyRing(Settings(keys_file=file), clock)
    file.unlink() if text is None else file.write_text(text)
    for second in range(1, 4):
        clock.now = second
        assert ring.grant_of(KEYS["service"].encode()) == Grant(Scope.ADMIN)
    (told,) = [record.message for record in caplog.records]
    assert str(file) in told
    assert "the keys that it had before go on working" in told
    assert "secret" not in told


def test_a_file_without_keys_lets_nobody_in(file: Path) -> None:
    revoke_key(file, hash_of(KEYS["service"].encode())[:8])
    ring = KeyRing(Settings(keys_file=file))
    assert bool(ring)
    assert ring.grant_of(KEYS["service"].encode()) is None


def test_a_server_does_not_start_with_a_file_that_is_broken_or_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="pharos key"):
        TestClient(create_app(Settings(data_dir=tmp_path, keys_file=tmp_path / "none"))).get("/healthz")
    (tmp_path / "keys.json").write_text('{"keys": [{}]}')
    with pytest.raises(SettingsError, match=r"keys\.0\.hash"):
        KeyRing(Settings(keys_file=tmp_path / "keys.json"))


def test_keys_of_the_settings_go_on_working_beside_a_file(file: Path) -> None:
    ring = KeyRing(Settings(keys_file=file, api_keys={"read": [hash_of(b"of the settings")]}))
    assert ring.grant_of(b"of the settings") == Grant(Scope.READ)
    assert ring.grant_of(KEYS["service"].encode()) == Grant(Scope.ADMIN)


def test_a_key_expires_at_its_moment() -> None:
    clock = Clock()
    keys = Keys({}, {hash_of(b"key"): Grant(Scope.READ, expires=10.0)}, clock)
    assert keys.scope_of(b"key") is Scope.READ
    clock.now = 10.0
    assert keys.scope_of(b"key") is None


KEY_OF_A = {"hash": hash_of(b"a"), "scope": "read"}


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ([{**KEY_OF_A, "scope": "admin", "user": "w1"}], "may read or write"),
        ([KEY_OF_A, {**KEY_OF_A, "scope": "write"}], "twice"),
        ([{**KEY_OF_A, "expires": "2030-01-01T00:00:00"}], "timezone"),
        ([{**KEY_OF_A, "users": "w1"}], "extra inputs"),
    ],
)
def test_an_entry_that_could_be_misread_is_refused(tmp_path: Path, keys: list[object], told: str) -> None:
    (tmp_path / "keys.json").write_text(json.dumps({"keys": keys}))
    with pytest.raises(SettingsError, match=told):
        read_keys(tmp_path / "keys.json")


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `pharos key` with a file of keys; returns exit code, output and errors."""
    monkeypatch.setenv("PHAROS_KEYS_FILE", str(tmp_path / "made" / "keys.json"))

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["pharos", "key", *words])
        with pytest.raises(SystemExit) as end:
            main()
        captured = capsys.readouterr()
        return int(end.value.code or 0), captured.out, captured.err

    return run


def test_the_command_makes_lists_and_revokes_keys_of_the_file(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "made" / "keys.json"
    code, out, _ = run("write", "--user", MINE, "--days", "30", "--note", "the app")
    key = out.split()[1]
    ring = KeyRing(Settings(keys_file=file))
    grant = ring.grant_of(key.encode())
    assert (code, grant and (grant.scope, grant.user)) == (0, (Scope.WRITE, MINE))
    assert key not in file.read_text()
    digest = json.loads(file.read_text())["keys"][0]["hash"]
    assert all(part in run("list")[1] for part in (digest[:12], "write", MINE, "until", "the app"))
    assert run("revoke", "00000000")[0] == 1
    assert digest in run("revoke", digest[:12])[1]
    assert read_keys(file) == ()


def test_the_command_says_what_it_does_not_do(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("admin", "--user", MINE)[0] == 2
    assert run("revoke")[0] == 2
    assert run("list")[0] == 1
    monkeypatch.delenv("PHAROS_KEYS_FILE")
    assert "keys_file" in run("list")[2]
