"""The commands of the documentation run, or can be parsed where a run would take too long or another machine."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pharos.ingest.load import load_dataset
from pharos.serving.parts import open_store
from pharos.serving.rule_settings import conditions
from pharos.serving.settings import Settings
from tests.docs.conftest import World
from tests.docs.pages import DOCS, ROOT, Block, blocks, pages
from tests.docs.running import commands, parse, pharos_arguments, python, shell

QUICKSTART = DOCS / "index.md"
# Pages with tests of their own for their Python.
ELSEWHERE = {"python-api.md", "classics.md", "evaluation.md"}
ON_THE_SHOP = [
    page
    for page in pages()
    if page != QUICKSTART
    and page.name not in ELSEWHERE
    and page.parent.name != "reference"
    and "127.0.0.1:8000" in page.read_text(encoding="utf-8")
]


def asking(page: Path) -> Iterator[Block]:
    """The blocks of a page that ask a server."""
    for block in blocks(page, "sh", "python"):
        if block.runs and (block.language == "python" or "curl" in block.text):
            yield block


def run(page: Path, world: World) -> int:
    """Run those blocks in their order; how many there were."""
    names: dict[str, object] = {"__name__": "examples"}
    asked = list(asking(page))
    for block in asked:
        if block.language == "python":
            python(block, names, world.url)
        else:
            shell(block.text, world.folder, world.url)
    return len(asked)


@pytest.mark.slow
def test_the_questions_of_the_quickstart_are_answered(films: World) -> None:
    assert run(QUICKSTART, films) > 3


@pytest.mark.slow
@pytest.mark.parametrize("page", ON_THE_SHOP, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_what_a_page_asks_the_shop_is_answered(page: Path, shop: World) -> None:
    asked = run(page, shop)
    assert asked or not list(asking(page))


def shell_lines() -> list[tuple[str, str]]:
    return [
        (f"{block}", line)
        for page in [*pages(), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
        for block in blocks(page, "sh")
        if block.runs
        for line in commands(block)
    ]


def test_every_pharos_command_of_a_page_can_be_parsed() -> None:
    found = [(place, words) for place, line in shell_lines() if (words := pharos_arguments(line)) is not None]
    assert len(found) > 10
    refused = {}
    for place, words in found:
        try:
            parse(words)
        except Exception as error:  # noqa: BLE001  # whatever the parser raises is the finding
            refused[f"{place}: pharos {' '.join(words)}"] = str(error)
    assert refused == {}


def test_every_target_of_make_on_a_page_is_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {words[1] for _, line in shell_lines() if (words := line.split())[0] == "make" and len(words) > 1}
    assert named
    assert named - targets == set()


def settings_blocks() -> list[tuple[str, dict[str, Any]]]:
    """The blocks of TOML that are settings of the service, not a dataset.toml."""
    found = [
        (str(block), tomllib.loads(block.text)) for page in pages() for block in blocks(page, "toml") if block.runs
    ]
    return [(place, values) for place, values in found if values.keys() & Settings.model_fields.keys()]


def test_every_setting_that_a_page_shows_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shown = settings_blocks()
    assert len(shown) > 3
    for place, values in shown:
        assert Settings(**values), place


@pytest.mark.slow
def test_every_rule_that_a_page_shows_fits_the_shop(shop: World) -> None:
    with open_store(Settings(data_dir=shop.folder / "var")) as store:
        schema = store.schema()
    rules = [Settings(**values).rules for _, values in settings_blocks() if "rules" in values]
    assert rules
    for some in rules:
        assert len(conditions(some, schema)) == len(some)


def test_the_papers_of_their_page_can_be_read(tmp_path: Path) -> None:
    page = DOCS / "how-to/papers.md"
    (reads,), (paper,), (declaration,) = (list(blocks(page, language)) for language in ("text", "json", "toml"))
    (tmp_path / "reads.tsv").write_text(reads.text, encoding="utf-8")
    (tmp_path / "papers.jsonl").write_text(paper.text.replace("\n", " "), encoding="utf-8")
    (tmp_path / "dataset.toml").write_text(declaration.text, encoding="utf-8")
    data = load_dataset(tmp_path)
    assert data.interactions["item_id"].tolist() == ["2001.00010"]
    assert data.items["authors"].tolist() == [("Ada Li",)]


@pytest.mark.slow
def test_the_dataset_toml_of_the_page_is_the_one_that_init_writes(shop: World) -> None:
    (shown,) = [block.text for block in blocks(DOCS / "own-data.md", "toml")]
    assert tomllib.loads(shown) == tomllib.loads((shop.folder / "shop/dataset.toml").read_text(encoding="utf-8"))
