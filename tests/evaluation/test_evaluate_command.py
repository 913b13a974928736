"""`pharos evaluate`, as people type it."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from pharos.cli import main
from pharos.ingest.export import export_dataset
from tests.evaluation.worlds import two_camps

Run = Callable[..., tuple[int, str, str]]
QUICK = ("dimensions=16", "item_hidden=16", "user_hidden=32", "history_length=20", "max_epochs=2", "text_model=")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """`pharos evaluate` with the words given: exit code, output, errors. `camps` and `unrated` are data sets there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PHAROS_DATA_DIR", str(tmp_path / "var"))
    export_dataset(two_camps(), tmp_path / "camps")
    export_dataset(two_camps(ratings=False), tmp_path / "unrated")

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["pharos", "evaluate", *words])
        with pytest.raises(SystemExit) as end:
            main()
        captured = capsys.readouterr()
        return int(end.value.code or 0), captured.out, captured.err

    return run


def test_our_towers_are_judged_and_every_promised_file_is_written(run: Run, tmp_path: Path) -> None:
    code, out, err = run("camps", "--out", "made/here", *(word for pair in QUICK for word in ("--set", pair)))
    assert code == 0, err
    written = tmp_path / "made" / "here"
    figures = json.loads((written / "report.json").read_text())
    assert f"{figures['methods'][0]['metrics']['ndcg@10']:.4f}" in out
    assert list(pd.read_parquet(written / "retrieval.parquet").columns) == ["user_id", "item_id", "rank", "score"]
    assert (written / "report.html").is_file()


def test_where_one_item_is_wanted_of_each_user_the_hit_rate_is_shown(run: Run, tmp_path: Path) -> None:
    words = (word for pair in QUICK for word in ("--set", pair))
    code, out, err = run("camps", "--protocol", "leave-one-out", "--fitted-on", "all", "--out", "out", *words)
    assert code == 0, err
    figures = json.loads((tmp_path / "out" / "report.json").read_text())
    assert "leave-one-out, fitted on all" in out
    assert [name for name in ("HR@5", "HR@10", "ndcg@5", "ndcg@10", "recall@100") if name not in out] == []
    assert f"{figures['methods'][0]['metrics']['recall@5']:.4f}" in out


def test_ratings_are_predicted_by_the_peers(run: Run, tmp_path: Path) -> None:
    code, out, err = run("camps", "--protocol", "rating", "--out", "out", "--peers")
    assert code == 0, err
    assert "Global mean" in out
    assert "rmse" in (tmp_path / "out" / "report.html").read_text()


def test_the_budget_is_reported(run: Run, tmp_path: Path) -> None:
    run("camps", "--protocol", "rating", "--out", "out", "--peers", "--budget", "7")
    assert json.loads((tmp_path / "out" / "report.json").read_text())["budget_seconds"] == 7


WRONG = {
    "an unknown protocol": (
        ("camps", "--protocol", "best"),
        "'best': there are chronological, cold, rating, leave-one-out",
    ),
    "an unknown part to fit on": (("camps", "--fitted-on", "most"), "'most': there are training, all"),
    "a part to fit on where there is no choice": (
        ("camps", "--fitted-on", "all"),
        "leave-one-out alone, not for chron",
    ),
    "an unknown setting": (("camps", "--set", "depth=3"), "depth=3"),
    "a folder that is not there": (("nowhere",), "nowhere: no such folder"),
    "ratings of data without any": (("unrated", "--protocol", "rating", "--peers"), "unrated has none"),
    "a file in the place of the folder": (("camps", "--out", "camps/dataset.toml"), "dataset.toml: File exists"),
}


@pytest.mark.parametrize(("words", "message"), WRONG.values(), ids=WRONG.keys())
def test_an_error_is_one_line(run: Run, words: tuple[str, ...], message: str) -> None:
    code, _, err = run(*words, *(() if "--out" in words else ("--out", "out")))
    assert code == 1
    assert message in err
    assert err.startswith("pharos: ")
    assert err.count("\n") == 1


def test_a_budget_of_nothing_is_a_usage_error(run: Run) -> None:
    assert run("camps", "--out", "out", "--budget", "0")[0] == 2
