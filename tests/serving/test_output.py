"""What commands print: tables that fit, and JSON that is nothing else."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from rich.cells import cell_len

from pharos.cli.output import Column, print_json, show_table
from pharos.cli.progress import Lines, duration
from tests.serve_process import COMMAND, environment

COLOUR = re.compile(r"\x1b\[[0-9;]*\b(3[0-7]|9[0-7])m")
Capture = pytest.CaptureFixture[str]


def printed(capsys: Capture, titles: list[str], ids: list[str]) -> list[str]:
    columns = [Column("#", right=True), Column("title", cut=True), Column("item")]
    show_table(columns, [[str(row), *pair] for row, pair in enumerate(zip(titles, ids, strict=True), 1)])
    return capsys.readouterr().out.splitlines()


@pytest.fixture(autouse=True)
def a_terminal_of_80(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")


def test_a_long_title_is_cut_and_an_id_is_not(capsys: Capture) -> None:
    lines = printed(capsys, ["A very long title " * 10, "Short"], ["an-id-of-some-length-0001", "2"])
    assert all(cell_len(line) <= 80 for line in lines)
    assert "…" in lines[1]
    assert lines[1].rstrip().endswith("an-id-of-some-length-0001")
    assert "Short" in lines[2]


def test_characters_of_double_width_count_as_two(capsys: Capture) -> None:
    lines = printed(capsys, ["千と千尋の神隠し" * 8, "Spirited Away"], ["1", "2"])
    assert all(cell_len(line) <= 80 for line in lines)
    assert cell_len(lines[1]) > 70
    assert lines[1].rstrip().endswith("1")


def test_even_ids_are_cut_where_nothing_else_is_left(capsys: Capture) -> None:
    assert all(cell_len(line) <= 80 for line in printed(capsys, ["Title"], ["i" * 200]))


def test_markup_and_control_characters_of_a_title_are_text(capsys: Capture) -> None:
    out = "\n".join(printed(capsys, ["[bold red]Alert[/] \x1b[2J\x07gone\nnext"], ["1"]))
    assert "[bold red]Alert[/]" in out
    assert "\x1b" not in out and "\x07" not in out
    assert len(out.splitlines()) == 2


def test_a_number_that_json_does_not_have_is_null(capsys: Capture) -> None:
    print_json({"a": [float("nan"), 1.5], "b": float("inf")})
    assert json.loads(capsys.readouterr().out) == {"a": [None, 1.5], "b": None}


@pytest.mark.parametrize(
    ("seconds", "text"), [(3.2, "3 s"), (99.4, "99 s"), (130, "2 min"), (7800, "2 h 10 min")], ids=str
)
def test_a_duration_is_said_as_people_say_it(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_plain_lines_tell_the_time_left(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    now = iter([0.0, 20.0, 20.0, 20.0, 80.0])
    monkeypatch.setattr("pharos.cli.progress.time.monotonic", lambda: next(now))
    with Lines().task("Training", 100) as task:
        task.advance(25)
    assert "Training: 25 of 100, 60 s left" in capsys.readouterr().err


def asked(data: Path, folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words],
        cwd=folder,
        env=environment({"data_dir": str(data)}) | {"COLUMNS": "80"} | variables,
        capture_output=True,
        text=True,
        timeout=240,
    )


READING = {
    "recommend": (("recommend", "--user", "w3"), "items"),
    "similar": (("similar", "war-1"), "items"),
    "similar of a data set": (("similar", "1", "--data", "ml-100k", "--method", "neighbours"), "items"),
    "search": (("search", "hills"), "items"),
    "popular": (("popular",), "items"),
    "popular of a data set": (("popular", "ml-100k"), "items"),
    "why": (("why", "w3", "war-1"), "stages"),
    "classic": (("classic", "popularity", "ml-100k", "--user", "196"), "items"),
    "check": (("check", "ml-100k"), "interactions"),
    "status": (("status",), "collections"),
    "doctor": (("doctor",), "findings"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("words", "field"), READING.values(), ids=READING.keys())
def test_a_reading_command_prints_one_json_document_or_lines_that_fit(
    trained_too: Path, tmp_path: Path, words: tuple[str, ...], field: str
) -> None:
    as_json = asked(trained_too, tmp_path, *words, "--json")
    assert as_json.returncode == 0, as_json.stderr
    assert field in json.loads(as_json.stdout)
    told = asked(trained_too, tmp_path, *words)
    assert told.returncode == 0, told.stderr
    assert "\x1b" not in told.stdout + told.stderr
    if words[0] != "doctor":  # which names a folder in full
        assert max(cell_len(line) for line in told.stdout.splitlines()) <= 80


def test_no_color_wins_over_a_terminal(trained_too: Path, tmp_path: Path) -> None:
    words = ("why", "w3", "war-1", "-k", "1")  # an item that the person has had: it fell
    assert COLOUR.search(asked(trained_too, tmp_path, *words, FORCE_COLOR="1", TERM="xterm-256color").stdout)
    plain = asked(trained_too, tmp_path, *words, FORCE_COLOR="1", NO_COLOR="1", TERM="xterm-256color").stdout
    assert "war-1" in plain or "Battle of the Hills 1" in plain
    assert not COLOUR.search(plain)
