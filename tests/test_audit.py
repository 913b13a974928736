"""What `make audit` excuses, and what it says."""

import datetime as dt
import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
TODAY = dt.date(2026, 11, 28)
ENTRY = '[[exceptions]]\nid = "PYSEC-1"\npackage = "a"\nreason = "never called"\nuntil = 2026-11-28\n'


@pytest.fixture(scope="module")
def audit() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "scripts/audit.py"))


def test_the_exceptions_that_are_kept_can_be_read(audit: dict[str, Any]) -> None:
    list(audit["read_exceptions"](ROOT / "audit-exceptions.toml", TODAY))


def test_an_exception_holds_until_its_day(audit: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "exceptions.toml"
    file.write_text(ENTRY)
    assert list(audit["read_exceptions"](file, TODAY)) == ["PYSEC-1"]
    with pytest.raises(ValueError, match="ended on 2026-11-28"):
        list(audit["read_exceptions"](file, TODAY + dt.timedelta(1)))


@pytest.mark.parametrize("line", ENTRY.splitlines()[1:])
def test_an_exception_without_a_part_is_refused(audit: dict[str, Any], tmp_path: Path, line: str) -> None:
    file = tmp_path / "exceptions.toml"
    file.write_text(ENTRY.replace(line, ""))
    with pytest.raises(ValueError, match="exception 1 needs id, package, reason, until"):
        list(audit["read_exceptions"](file, TODAY))


WEAK = {"name": "a", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]}


@pytest.mark.parametrize(
    ("said", "code", "told"),
    [
        ({"dependencies": [{"name": "a", "version": "1", "vulns": []}]}, 0, "1 packages, no known weakness"),
        ({"dependencies": [WEAK]}, 1, "a 1: PYSEC-1, mended in: 2"),
        ({"dependencies": [{"name": "a", "skip_reason": "not found"}]}, 2, "1 of 1 packages, such as a, could not be"),
        ({"dependencies": []}, 2, "is the package index the public one"),
        ("", 2, "nothing could be looked up, is there a network? no route to host"),
    ],
)
def test_the_outcome_is_told_apart(
    audit: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str], said: object, code: int, told: str
) -> None:
    program = tmp_path / "pip-audit"
    program.write_text(f"#!/bin/sh\necho '{json.dumps(said)}'\necho no route to host >&2\n")
    program.chmod(0o755)
    assert audit["look_up"](str(program), "some.lock", []) == code
    captured = capsys.readouterr()
    assert told in captured.out + captured.err


def test_what_audits_is_locked_by_hash_and_has_its_reason() -> None:
    lock = (ROOT / "requirements-audit.lock").read_text(encoding="utf-8")
    wanted = re.findall(r"^([a-z][\w-]*)", (ROOT / "requirements-audit.in").read_text(encoding="utf-8"), re.MULTILINE)
    reasons = (ROOT / "docs/decisions/0001-dependencies.md").read_text(encoding="utf-8")
    assert wanted
    assert [name for name in wanted if f"\n{name}==" not in f"\n{lock}" or f"`{name}` | " not in reasons] == []
    assert [block for block in re.split(r"\n(?=\S)", lock.strip()) if "--hash=sha256:" not in block] == []
    assert re.findall(r"https?://\S+|^--(?:extra-)?index-url.*", lock, re.MULTILINE) == []
