"""Answers stay as they were recorded, until they are recorded anew."""

import json
from pathlib import Path

import pytest

from benchmarks.recorded_answers import differing
from pharos.serving.settings import Settings
from tests.serving.recorded_world import FILE, answers, prepare


def _settings(engine: str, folder: Path, request: pytest.FixtureRequest) -> Settings:
    if engine == "embedded":
        return Settings(data_dir=folder)
    return Settings(data_dir=folder, qdrant_url=request.getfixturevalue("qdrant_url"), alias="recorded")


@pytest.mark.parametrize("engine", ["embedded", "server"])
def test_a_recorded_set_of_requests_is_answered_as_before(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    settings = _settings(engine, tmp_path, request)
    prepare(settings)
    recorded, now = json.loads(FILE.read_text("utf-8")), answers(settings)
    assert {name: now.get(name) for name in differing(recorded, now)} == {}
