"""pharos why, as people type it."""

import json
import sys
from pathlib import Path

import pytest

from pharos.cli import main
from tests.serving.world import war


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["pharos", "why", *words])
    with pytest.raises(SystemExit) as end:
        main()
    captured = capsys.readouterr()
    return int(end.value.code or 0), captured.out, captured.err


def test_why_tells_at_which_stage_an_item_fell(
    trained_too: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PHAROS_DATA_DIR", str(trained_too))
    code, out, _ = run(monkeypatch, capsys, "w3", war(4))
    assert code == 0
    assert "It is not in the list of 10: the person has had it already." in " ".join(out.split())
    assert max(map(len, out.splitlines())) <= 80
    code, out, _ = run(monkeypatch, capsys, "w3", war(3), "--json")
    assert json.loads(out)["rank"] == 1
    code, _, err = run(monkeypatch, capsys, "w3", "nothing")
    assert code == 1
    assert "nothing" in err
