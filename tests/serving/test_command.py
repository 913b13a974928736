"""The command itself: exit codes, errors in one line, completion, and what it imports."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pharos.cli.exit_codes import ExitCode
from pharos.cli.main import app
from tests.serve_process import COMMAND, environment


def pharos(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, neither its input nor its output a terminal."""
    return subprocess.run(
        [*COMMAND, *words],
        cwd=folder,
        env=environment({}) | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_help_names_every_exit_code(tmp_path: Path) -> None:
    shown = " ".join(pharos(tmp_path, "--help").stdout.split())
    told = shown.partition("Exit codes: ")[2]
    assert [int(number) for number in re.findall(r"(?:^|; )(\d+) ", told)] == [code.value for code in ExitCode]


WRONG = {
    "no such command": (("recomend",), "pharos: No such command 'recomend'. Did you mean 'recommend'?"),
    "no such option": (("popular", "--bogus"), "pharos: No such option: --bogus (see `pharos popular --help`)"),
    "a value out of range": (("popular", "-k", "0"), "pharos: Invalid value for '-k': "),
    "options that do not go together": (("recommend",), "pharos: give either --user or --history; or --all"),
}


@pytest.mark.parametrize(("words", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_usage_error_is_one_line_that_points_to_the_help(
    tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    refused = pharos(tmp_path, *words)
    assert refused.returncode == ExitCode.USAGE
    assert refused.stdout == ""
    (line,) = refused.stderr.splitlines()
    assert line.startswith(message)


FAULTY = """
import sys
from pharos.cli import main, main as command
from pharos.cli.main import app

@app.command("faulty")
def faulty() -> None:
    raise KeyError("oops")

@app.command("stopped")
def stopped() -> None:
    raise KeyboardInterrupt

main()
"""


@pytest.mark.parametrize(("word", "code"), [("faulty", ExitCode.FAULT), ("stopped", ExitCode.INTERRUPTED)])
def test_a_fault_and_an_interruption_have_codes_of_their_own_and_no_trace(
    tmp_path: Path, word: str, code: ExitCode
) -> None:
    (tmp_path / "faulty.py").write_text(FAULTY)
    ended = subprocess.run(
        [COMMAND[0], "faulty.py", word], cwd=tmp_path, env=environment({}), capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == code
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.splitlines()) <= 1


def test_a_fault_shows_its_trace_to_who_asks_for_it(tmp_path: Path) -> None:
    (tmp_path / "faulty.py").write_text(FAULTY)
    ended = subprocess.run(
        [COMMAND[0], "faulty.py", "faulty"],
        cwd=tmp_path,
        env=environment({"trace": "1"}),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "KeyError: 'oops'" in ended.stderr
    assert "Traceback" in ended.stderr


ASKED = """
import atexit
import sys
from pharos.cli import main

heavy = ("tensorflow", "transformers", "qdrant_client", "fastapi", "sklearn", "matplotlib")
atexit.register(lambda: print("loaded:", *(name for name in heavy if name in sys.modules)))
main()
"""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_of_each_shell_asks_the_command(tmp_path: Path, shell: str) -> None:
    printed = pharos(tmp_path, "completion", shell)
    assert printed.returncode == 0
    assert f"_PHAROS_COMPLETE=complete_{shell}" in printed.stdout
    if program := shutil.which(shell):
        (tmp_path / "script").write_text(printed.stdout)
        subprocess.run([program, "-n", "script"], cwd=tmp_path, check=True, timeout=60)


PRESS_TAB = """
source ./script
COMP_WORDS=({words}); COMP_CWORD={place}
_pharos_completion pharos
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("pharos rec", ["recommend"]),
        ("pharos evaluate ml-100k --fit", ["--fitted-on"]),
        ("pharos completion f", ["fish"]),
    ],
)
def test_a_word_that_is_begun_is_completed_in_bash(tmp_path: Path, words: str, found: list[str]) -> None:
    (tmp_path / "script").write_text(pharos(tmp_path, "completion", "bash").stdout)
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "pharos").write_text(f'#!/bin/sh\nexec {" ".join(COMMAND)} "$@"\n')
    (folder / "pharos").chmod(0o755)
    program = PRESS_TAB.format(words=words, place=len(words.split()) - 1)
    answer = subprocess.run(
        ["bash", "-c", program],
        cwd=tmp_path,
        env=environment({}) | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert answer.stdout.split() == found


@pytest.mark.parametrize(
    "words",
    [("recommend", "--user", "w3"), ("similar", "war-1"), ("search", "playthings that are alive"), ("popular",)],
    ids=lambda words: words[0],
)
def test_a_question_loads_neither_tensorflow_nor_the_client_of_a_server(
    trained_too: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "asked.py").write_text(ASKED)
    asked = subprocess.run(
        [COMMAND[0], "asked.py", *words],
        cwd=tmp_path,
        env=environment({"data_dir": str(trained_too)}),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert "of the Hills" in asked.stdout or "Toy Box" in asked.stdout
    assert asked.stdout.splitlines()[-1] == "loaded:"


def test_every_command_is_described_in_one_line() -> None:
    for command in app.registered_commands:
        assert command.callback is not None
        assert command.callback.__doc__, command.name
        assert "\n" not in command.callback.__doc__.strip(), command.name
