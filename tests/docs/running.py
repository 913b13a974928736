"""Runs the commands of a page: `pharos` in this process, which has imported its parts already, all else in a shell."""

import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import typer

from pharos.cli.main import app
from tests.docs.pages import ROOT, Block

ADDRESS: Final = "http://127.0.0.1:8000"
# A refusal of the server is an error of the block, and shows what was refused.
_SHELL: Final = 'curl() { command curl --silent --show-error --fail-with-body "$@"; }\n'
_SECONDS: Final = 60


def commands(block: Block) -> list[str]:
    """The lines of a shell block that call something, each with the lines that go on with it, without comments."""
    joined = block.text.replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]


def pharos_arguments(line: str) -> list[str] | None:
    """What `pharos` is called with in a line, after what it sets in the environment; None where it calls another."""
    called = re.match(r"(?:[A-Z_]+=\S* )*(?:\.venv/bin/)?pharos (.+)", line)
    return shlex.split(called[1], comments=True) if called else None


def parse(arguments: list[str]) -> None:
    """Parse the arguments of `pharos` as it would, and do nothing. Raises what the parser raises."""
    group: Any = typer.main.get_command(app)
    name, command, rest = group.resolve_command(group.make_context("pharos", list(arguments)), list(arguments))
    command.make_context(name, rest)


def pharos(arguments: list[str], folder: Path, more: Mapping[str, list[str]]) -> None:
    """Run `pharos` in a folder. more: by command, what is added to its arguments, so that a test is quick."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        code = typer.main.get_command(app).main([*arguments, *more.get(arguments[0], [])], standalone_mode=False)
    finally:
        os.chdir(before)
    assert not code, f"pharos {shlex.join(arguments)} ended with {code}"


def shell(text: str, folder: Path, url: str = ADDRESS) -> str:
    """Run lines with bash in a folder, with the documented address replaced; the standard output."""
    text = re.sub(r"\bscripts/", f"{ROOT}/scripts/", text.replace(ADDRESS, url))
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", _SHELL + text],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert ran.returncode == 0, f"{text}\n{ran.stdout}\n{ran.stderr}"
    return ran.stdout


def python(block: Block, names: dict[str, object], url: str) -> None:
    """Run a block of Python with the names that those before it made."""
    exec(compile(block.text.replace(ADDRESS, url), str(block), "exec"), names)  # noqa: S102
