"""Some hundred requests made from the API's description; `benchmarks/api_fuzzing.py` sends thousands."""

import shutil
from pathlib import Path

import pytest

from pharos.serving.app import create_app
from pharos.serving.settings import Settings
from tests.api_cases import try_out
from tests.serving.served import served


@pytest.mark.slow
def test_every_answer_is_as_the_description_says(trained_too: Path, tmp_path: Path) -> None:
    settings = Settings(data_dir=shutil.copytree(trained_too, tmp_path / "data"))
    with served(create_app(settings)) as (host, port):
        outcome = try_out(f"http://{host}:{port}", 20, seeded=1)
    assert outcome.failures == []
    assert outcome.operations.total() > 200
    assert {200, 404, 422} <= set(outcome.statuses)
