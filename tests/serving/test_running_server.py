"""Commands while a server has the embedded index open: they ask the server."""

import json
import os
import re
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pandas as pd
import pytest

from pharos.cli import main
from pharos.indexing.folder_lock import FolderLock
from pharos.ingest.dataset import Dataset
from pharos.ingest.export import export_dataset
from pharos.serving.operations.keys import hash_of, make_key
from pharos.serving.operations.running import address_of
from tests.serve_process import ServeProcess
from tests.serving import world
from tests.serving.world import war
from tests.serving.writing_world import eventually

KEY = make_key()
ADMIN = json.dumps({"admin": [hash_of(KEY.encode())]})

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def server(trained_too: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServeProcess]:
    """A real `pharos serve` that wants a key, on a copy of the trained world; its folder is `folder`."""
    folder = tmp_path_factory.mktemp("running")
    shutil.copytree(trained_too, folder / "data")
    with ServeProcess({"data_dir": str(folder / "data"), "api_keys": ADMIN}, folder) as server:
        server.folder = folder  # type: ignore[attr-defined]
        yield server


@pytest.fixture
def run(server: ServeProcess, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command on the machine of that server, with the key; returns exit code, output and errors."""
    monkeypatch.setenv("PHAROS_DATA_DIR", str(server.folder / "data"))  # type: ignore[attr-defined]
    monkeypatch.setenv("PHAROS_API_KEY", KEY)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["pharos", *words])
        with pytest.raises(SystemExit) as end:
            main()
        captured = capsys.readouterr()
        return int(end.value.code or 0), captured.out, captured.err

    return run


@pytest.mark.slow
def test_recommend_asks_the_server(run: Run) -> None:
    code, out, err = run("recommend", "--user", "w3", "-k", "3", "--filter", "year>=1985", "--filter", "genres=War")
    assert (code, err) == (0, "")
    assert "After Battle of the Hills" in out
    assert "Recommended to user w3" in out
    answer = json.loads(run("recommend", "--history", "toy-1,toy-2", "-k", "4", "--diversity", "0.3", "--json")[1])
    assert [item["rank"] for item in answer["items"]] == [1, 2, 3, 4]


@pytest.mark.slow
def test_similar_asks_the_server(run: Run) -> None:
    code, out, _ = run("similar", war(1), "-k", "3")
    assert code == 0
    assert "Similar to Battle of the Hills 1" in out
    assert run("similar", "nothing")[2].startswith("pharos: GET /v1/items/nothing/similar: 404: there is no item 'noth")


@pytest.mark.slow
def test_search_asks_the_server(run: Run) -> None:
    code, out, _ = run("search", "lone tree", "-k", "1")
    assert (code, "Lone Tree" in out) == (0, True)


@pytest.mark.slow
def test_popular_asks_the_server(run: Run) -> None:
    code, out, _ = run("popular", "--tag", "genres=Animation", "--tag", "genres=Drama", "-k", "30", "--json")
    assert code == 0
    assert {item["item_id"] for item in json.loads(out)["items"]} == {f"toy-{number}" for number in range(1, 20, 2)}


@pytest.mark.slow
def test_why_asks_the_server(run: Run) -> None:
    code, out, _ = run("why", "w3", war(5))
    assert code == 0
    assert "It is not in the list of 10: the person has had it already" in out


@pytest.mark.slow
def test_the_doctor_asks_the_server(run: Run, server: ServeProcess) -> None:
    code, out, _ = run("doctor")
    assert (code, "FAIL" in out) == (0, False), out
    assert f"open in the server at {server.url}" in out
    assert re.search(r"live +items--\S+ with bundle", out)


@pytest.mark.slow
def test_the_doctor_has_the_server_compare_the_items(run: Run) -> None:
    code, out, _ = run("doctor", "--check")
    assert (code, "FAIL" in out) == (0, False), out
    assert "events are counted right" in out
    assert "41 items are in the store and the index alike" in out


@pytest.mark.slow
def test_the_doctor_compares_the_items_while_they_are_written(run: Run, server: ServeProcess) -> None:
    done = threading.Event()

    def write() -> None:
        with httpx.Client(base_url=server.url, headers={"X-API-Key": KEY}) as client:
            while not done.is_set():
                for available in (False, True):
                    client.patch(f"/v1/items/{war(4)}", json={"available": available}).raise_for_status()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        code, out, _ = run("doctor", "--check")
    finally:
        done.set()
        writer.join()
    assert (code, "items are in the store and the index alike" in out) == (0, True), out


@pytest.mark.slow
def test_index_lets_the_server_do_it(run: Run, server: ServeProcess) -> None:
    def live() -> str:
        status = httpx.get(f"{server.url}/v1/status", headers={"X-API-Key": KEY}).raise_for_status().json()
        return str(status["variants"][0]["collection"])

    before = live()
    code, out, _ = run("index")
    assert code == 0
    assert live() != before
    assert f"live: {live()}" in out
    assert f"items, by the server at {server.url}" in out
    assert "there is no bundle 'nope'" in run("index", "--bundle", "nope")[2]


@pytest.mark.slow
def test_a_server_that_wants_another_key_is_told_in_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHAROS_API_KEY", "wrong")
    code, _, err = run("popular")
    assert code == 1
    assert len(err.strip().splitlines()) == 1
    assert "an API key that may read" in err
    assert "commands take the key from PHAROS_API_KEY" in err
    assert "wrong" not in err


@pytest.mark.slow
def test_what_is_imported_while_the_server_runs_is_found_without_a_restart(
    run: Run, server: ServeProcess, tmp_path: Path
) -> None:
    whole = world.dataset()
    new = pd.DataFrame(
        [("brand-new", "Submarine Silence", 2024.0, ("War",), "en", world.WAR_TEXT)], columns=list(whole.items.columns)
    )
    items = pd.concat([whole.items, new], ignore_index=True)
    more = Dataset(whole.name, whole.interactions, items, whole.users, whole.schema)
    export_dataset(more, tmp_path / "data")
    code, out, err = run("import", str(tmp_path / "data"))
    assert (code, "1 new or changed" in " ".join(out.split())) == (0, True), err

    def found() -> bool:
        answer = httpx.get(
            f"{server.url}/v1/items/{war(1)}/similar", params={"k": 50}, headers={"X-API-Key": KEY}
        ).raise_for_status()
        return "brand-new" in {item["item_id"] for item in answer.json()["items"]}

    eventually(found)
    assert "Submarine Silence" in run("search", "submarine silence")[1]


@pytest.mark.slow
def test_the_address_goes_when_the_server_stops(trained_too: Path, tmp_path: Path) -> None:
    data = shutil.copytree(trained_too, tmp_path / "data")
    with ServeProcess({"data_dir": str(data)}, tmp_path) as server:
        process = json.loads((data / "index" / "server.json").read_text())["process"]
        assert address_of(data / "index", str(process)) == server.url
    assert not (data / "index" / "server.json").exists()


def test_what_a_crash_left_is_not_taken_for_an_address(tmp_path: Path) -> None:
    file = tmp_path / "server.json"
    assert address_of(tmp_path, "7") is None
    for text in ("", "{", "[]", '{"url": "http://127.0.0.1:1"}', '{"url": "http://127.0.0.1:1", "process": 8}'):
        file.write_text(text)
        assert address_of(tmp_path, "7") is None
    assert address_of(tmp_path, "8") == "http://127.0.0.1:1"


def test_a_process_that_is_no_server_is_told(
    trained_too: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = shutil.copytree(trained_too, tmp_path / "data")
    (data / "index" / "server.json").write_text('{"url": "http://127.0.0.1:9", "process": 1}')
    monkeypatch.setenv("PHAROS_DATA_DIR", str(data))
    monkeypatch.setattr(sys, "argv", ["pharos", "popular"])
    with FolderLock(data / "index"), pytest.raises(SystemExit):
        main()
    told = capsys.readouterr().err
    assert f"process {os.getpid()} has the index in {data / 'index'} open, and is no server that listens" in told
