"""The examples of the documentation run as they stand."""

import json
import re
from pathlib import Path

import pytest

import pharos
from pharos.ingest.load import load_dataset
from pharos.serving.app import create_app
from pharos.serving.operations.reindex import reindex
from pharos.serving.parts import open_store
from pharos.serving.settings import Settings
from pharos.towers.progress import Silent
from tests.serving.served import served

DOCS = Path(__file__).resolve().parents[2] / "docs"
ADDRESS = "http://127.0.0.1:8000"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_every_example_of_the_python_api_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    before, around, after = _parts((DOCS / "python-api.md").read_text(encoding="utf-8"), "## Against a server", "\n## ")
    names: dict[str, object] = {"__name__": "examples"}
    _run(before, names)
    bundle = names["place"]
    assert isinstance(bundle, Path)
    settings = Settings(data_dir=tmp_path)
    with open_store(settings) as store:
        store.import_dataset(load_dataset(bundle / "data"))
    reindex(settings, bundle.name, Silent())
    with served(create_app(settings)) as (host, port):
        assert ADDRESS in around
        _run(around.replace(ADDRESS, f"http://{host}:{port}"), names)
    _run(after, names)


def test_the_page_names_every_public_method():
    page = (DOCS / "python-api.md").read_text(encoding="utf-8")
    methods = [name for name, value in vars(pharos.Recommender).items() if callable(value) and name[0] != "_"]
    assert [name for name in methods if f"{name}(" not in page] == []


@pytest.fixture(scope="module")
def tour() -> list[dict]:
    return json.loads((DOCS / "tour.ipynb").read_text(encoding="utf-8"))["cells"]


def test_the_tour_is_kept_without_outputs(tour: list[dict]):
    code = [cell for cell in tour if cell["cell_type"] == "code"]
    assert code
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)


@pytest.mark.slow
def test_every_cell_of_the_tour_runs(tour: list[dict], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "tour"}
    for cell in tour:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), cell["id"], "exec"), names)  # noqa: S102
    assert (tmp_path / "bundles").is_dir()


def _parts(page: str, heading: str, end: str) -> tuple[str, str, str]:
    """The page before a section, the section, and what comes after it."""
    start = page.index(heading)
    stop = page.index(end, start + len(heading))
    return page[:start], page[start:stop], page[stop:]


def _run(page: str, names: dict[str, object]) -> None:
    for block in BLOCK.findall(page):
        exec(compile(block, "docs/python-api.md", "exec"), names)  # noqa: S102
