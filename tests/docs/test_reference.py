"""The reference is what the code says now, and leaves nothing out."""

import runpy
from collections.abc import Mapping
from typing import Any

import pytest
import typer

import pharos
from pharos.cli.main import app
from pharos.serving.app import create_app
from pharos.serving.rule_settings import Rule
from pharos.serving.settings import Settings
from pharos.towers.settings import TrainingSettings
from tests.docs.pages import DOCS, ROOT

PAGES = (
    "reference/settings.md",
    "reference/training.md",
    "reference/cli.md",
    "reference/http.md",
    "reference/python.md",
    "decisions/index.md",
)


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return runpy.run_path(str(ROOT / "scripts/reference.py"))["pages"]()


@pytest.fixture(scope="module")
def operations() -> list[str]:
    """Method and path of every operation of the OpenAPI description."""
    paths: Mapping[str, Mapping[str, Any]] = create_app(Settings.model_construct()).openapi()["paths"]
    return [f"{method.upper()} {path}" for path, methods in paths.items() for method in methods]


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_reference_is_what_the_code_says(name: str, made: dict[str, str]) -> None:
    assert page(name) == made[name], "run: make reference"


def test_all_pages_of_the_reference_are_held_to_the_code(made: dict[str, str]) -> None:
    assert set(made) == set(PAGES)


def test_every_public_name_is_in_the_reference() -> None:
    assert [name for name in pharos.__all__ if f"## pharos.{name}\n" not in page("reference/python.md")] == []


def test_every_setting_is_in_the_reference() -> None:
    service, training = page("reference/settings.md"), page("reference/training.md")
    assert [name for model in (Settings, Rule) for name in model.model_fields if f"| `{name}` |" not in service] == []
    assert [name for name in TrainingSettings.model_fields if f"| `{name}` |" not in training] == []


def test_every_command_and_option_is_in_the_reference() -> None:
    group: Any = typer.main.get_command(app)
    sections = page("reference/cli.md").split("\n## ")
    told = {section.partition("\n")[0]: section for section in sections}
    assert [name for name in group.commands if f"pharos {name}" not in told] == []
    missing = [
        f"pharos {name} {option}"
        for name, command in group.commands.items()
        for parameter in command.params
        for option in parameter.opts
        if option.startswith("-") and option != "--help" and f"`{option}" not in told[f"pharos {name}"]
    ]
    assert missing == []


def test_every_endpoint_is_in_the_reference(operations: list[str]) -> None:
    assert [operation for operation in operations if f"## {operation}\n" not in page("reference/http.md")] == []


def test_every_endpoint_has_an_example(operations: list[str]) -> None:
    sections = {part.partition("\n")[0]: part for part in page("api.md").split("\n### ")}
    assert [operation for operation in operations if operation not in sections] == []
    assert [operation for operation in operations if "```sh\n" not in sections[operation]] == []


def test_every_example_is_of_an_endpoint_that_is_there(operations: list[str]) -> None:
    shown = [part.partition("\n")[0] for part in page("api.md").split("\n### ")[1:]]
    assert [name for name in shown if name not in operations] == []
