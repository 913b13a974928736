"""The command line, as people type it."""

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from pharos.cli import main
from pharos.ingest.export import export_dataset
from pharos.serving.operations.keys import Keys, Scope
from pharos.serving.settings import load_settings
from tests.ingest.folders import INTERACTIONS, write
from tests.serving import world

Run = Callable[..., "Outcome"]
QUICK = ("dimensions=16", "item_hidden=16", "user_hidden=32", "history_length=30", "max_epochs=4", "text_model=")


class Outcome:
    """What a command printed, and its exit code."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*words: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["pharos", *words])
        with pytest.raises(SystemExit) as end:
            main()
        captured = capsys.readouterr()
        return Outcome(int(end.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture
def ready(trained_too: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Run:
    """Commands that find the trained and indexed world."""
    monkeypatch.setenv("PHAROS_DATA_DIR", str(trained_too))
    return run


def test_a_data_set_becomes_recommendations_in_three_commands(run: Run, tmp_path: Path) -> None:
    export_dataset(world.dataset(), tmp_path / "data")
    settings = [word for pair in QUICK for word in ("--set", pair)]
    trained = run("train", str(tmp_path / "data"), *settings)
    assert trained.code == 0, trained.err
    assert "popularity" in trained.err
    assert "guessing" in trained.err  # the loss, beside that of guessing
    bundle = trained.out.split()[-1]
    assert (tmp_path / "var" / "bundles" / bundle / "manifest.json").is_file()
    assert "760 new" in " ".join(run("import", str(tmp_path / "data")).out.split())
    assert bundle in run("index", "--bundle", bundle).out
    answer = run("recommend", "--user", "w3", "-k", "3")
    assert answer.code == 0
    assert "Battle of the Hills" in answer.out or "Toy Box" in answer.out
    assert "Lone Tree" in run("search", "lone tree").out
    assert "Toy Box" not in run("search", "playthings that are alive").out  # no text model knows what is meant


def test_an_answer_as_json_is_that_of_the_api(ready: Run) -> None:
    answer = json.loads(ready("recommend", "--history", "toy-1,toy-2", "-k", "2", "--json").out)
    assert [item["rank"] for item in answer["items"]] == [1, 2]
    assert answer["bundle"] in answer["collection"]


def test_charts_and_ways_to_be_alike_are_asked_for_by_name(ready: Run) -> None:
    assert "Toy Box" in ready("similar", "toy-1", "--method", "soup").out
    assert "by rising, since 2h" in ready("popular", "--since", "2h", "--order", "rising").out
    assert "Popular, by rating" in ready("popular", "--order", "rating").out
    assert "blend, tower, text" in ready("similar", "toy-1", "--method", "magic").err


def test_each_kind_of_list_is_printed_with_titles(ready: Run) -> None:
    assert "Battle of the Hills" in ready("similar", "war-1").out
    assert "Toy Box" in ready("popular", "--tag", "genres=Animation").out
    assert "Lone Tree" in ready("search", "lone tree").out


WRONG = {
    "a folder that is not there": (("import", "nowhere"), "nowhere: no such folder"),
    "an unknown item": (("similar", "nothing"), "there is no item 'nothing'"),
    "an unknown filter": (("popular", "--filter", "colour=red"), "colour"),
    "a bundle that is not there": (("index", "--bundle", "nope"), "no bundle 'nope'"),
    "an unknown training setting": (("train", "ml-100k", "--set", "depth=3"), "depth=3"),
    "an unknown protocol": (("evaluate", "ml-100k", "--protocol", "best", "--out", "x"), "chronological, cold, rating"),
}


def test_a_data_set_with_bad_rows_is_refused_with_file_and_line(run: Run, tmp_path: Path) -> None:
    lines = ["user,item,rating", *["u,i,good"] * 3]
    folder = write(tmp_path / "bad", INTERACTIONS + 'rating = "rating"\n', events__csv=lines)
    outcome = run("import", str(folder))
    assert outcome.code == 1
    assert outcome.err.startswith("pharos: events.csv: 3 of 3 rows are bad")
    assert "(events.csv:2 'good', events.csv:3 'good'" in outcome.err


def test_a_filter_and_a_length_are_kept_to(ready: Run) -> None:
    answer = json.loads(ready("popular", "-k", "3", "--filter", "genres=War", "--filter", "year>=1990", "--json").out)
    assert len(answer["items"]) == 3
    assert all(item["item_id"].startswith("war-") for item in answer["items"])


@pytest.mark.parametrize(("words", "message"), WRONG.values(), ids=WRONG.keys())
def test_an_error_is_a_message_and_no_trace(ready: Run, words: tuple[str, ...], message: str) -> None:
    outcome = ready(*words)
    assert outcome.code == 1
    assert message in outcome.err
    assert outcome.err.startswith("pharos: ")
    assert "Traceback" not in outcome.err


def test_an_option_that_makes_no_sense_is_a_usage_error(ready: Run) -> None:
    assert ready("recommend").code == 2
    assert ready("recommend", "--user", "a", "--history", "b").code == 2
    assert ready("popular", "-k", "0").code == 2


def test_the_doctor_finds_nothing_wrong_where_all_is_ready(ready: Run) -> None:
    outcome = ready("doctor")
    assert outcome.code == 0, outcome.out
    assert "FAIL" not in outcome.out
    assert "41 items" in outcome.out


def test_the_doctor_says_what_to_do_where_nothing_is_there(run: Run) -> None:
    outcome = run("doctor")
    assert outcome.code == 1
    assert "pharos train" in outcome.out


@pytest.mark.parametrize("scope", ["read", "write", "admin"])
def test_a_new_key_comes_with_the_setting_that_lets_it_in(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, scope: str
) -> None:
    told = run("key", scope).out
    key = re.search(r"^key: +(\S+)$", told, re.MULTILINE)
    variable = re.search(r"PHAROS_API_KEYS='(.*)'", told)
    table = re.search(r"\[api_keys\]\n.*\n", told)
    assert key and variable and table
    monkeypatch.setenv("PHAROS_API_KEYS", variable[1])
    assert Keys(load_settings().api_keys).scope_of(key[1].encode()) is Scope[scope.upper()]
    monkeypatch.delenv("PHAROS_API_KEYS")
    (tmp_path / "pharos.toml").write_text(table[0])
    assert Keys(load_settings().api_keys).scope_of(key[1].encode()) is Scope[scope.upper()]


def test_a_key_of_no_known_kind_is_not_made(run: Run) -> None:
    assert run("key", "root").code == 2


def test_the_doctor_checks_that_store_index_and_events_agree(ready: Run, trained_too: Path) -> None:
    outcome = ready("doctor", "--check")
    assert outcome.code == 0, outcome.out
    assert "41 items are in the store and the index alike" in outcome.out
    assert "events are counted right" in outcome.out


def test_the_doctor_lists_what_does_not_agree(
    run: Run, trained_too: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(trained_too, tmp_path / "data")
    with closing(sqlite3.connect(folder / "pharos.db")) as connection, connection:
        connection.execute("DELETE FROM items WHERE id = 'war-3'")
    monkeypatch.setenv("PHAROS_DATA_DIR", str(folder))
    assert run("doctor").code == 0
    outcome = run("doctor", "--check")
    assert outcome.code == 1
    assert "1 points of the index are of items that the store never had" in outcome.out


def test_the_doctor_shows_no_secret(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = "a" * 64
    monkeypatch.setenv("PHAROS_API_KEYS", f'{{"read": ["{digest}"]}}')
    monkeypatch.setenv("PHAROS_QDRANT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("PHAROS_QDRANT_API_KEY", "swordfish")
    monkeypatch.setenv("PHAROS_DATABASE_URL", "postgresql://me:halibut@127.0.0.1:9/pharos")
    outcome = run("doctor")
    assert outcome.code == 1
    assert [secret for secret in (digest, "swordfish", "halibut") if secret in outcome.out + outcome.err] == []


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys\nfrom pharos.cli import main\n"
        "sys.argv = ['pharos', '--help']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'tensorflow', 'pandas', 'numpy', 'transformers', 'fastapi', 'sqlalchemy'} & set(sys.modules)))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
