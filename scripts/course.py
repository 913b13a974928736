"""Runs every block of docs/course.md and writes what it prints below it.

    python -m scripts.course                  run all, and write the outputs into the page
    python -m scripts.course --check          run all, and say where the page has something else
    python -m scripts.course --cheap          without the blocks marked `slow`, whose outputs stay as they are

A block is a fence of `console`, with a command after each `$`, or of `python`, whose last expression is shown as in a
notebook; the names of one block are known to the next. Words after the language say more: `slow`, it trains; `trained`,
its figures hang on what was trained, so that a check compares the form alone and not the figures. All blocks run in one
folder that is empty at first. Figures are compared with a tolerance (--tolerance, a share), all else to the letter.
"""

import argparse
import ast
import io
import math
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "course.md"
TOLERANCE: Final = 0.02

_WIDTH: Final = "100"
_COLOURS: Final = 128
_BLOCK: Final = re.compile(
    r"^```(?P<language>console|python)(?P<words>[ \w]*)\n(?P<source>.*?)^```\n"
    r"(?:\n```text\n(?P<output>.*?)^```\n)?",
    re.MULTILINE | re.DOTALL,
)
_PICTURE: Final = re.compile(r"^<!-- from (?P<source>\S+) -->\n!\[[^\]]*\]\((?P<target>[^)]+)\)", re.MULTILINE)
_BUNDLE: Final = re.compile(r"\b\d{8}T\d{6}-[0-9a-f]{4}\b")
_FIGURE: Final = re.compile(r"-?\d+(?:[\d,]*\d)?(?:\.\d+)?(?:e-?\d+)?")


class CourseError(Exception):
    """A block failed; the message says which one, and how. made: the page with the outputs of those before it."""

    made: str | None = None


@dataclass(frozen=True)
class Block:
    """Something to run. words: those after the language; output: what the page says that it prints, "" for nothing."""

    language: str
    words: frozenset[str]
    source: str
    output: str


def blocks(page: str) -> Iterator[Block]:
    """All blocks of a page, in order."""
    for found in _BLOCK.finditer(page):
        yield _block(found)


def run(
    page: str, *, cheap: bool = False, data: str | None = None, tell: Callable[[str], None] = lambda _: None
) -> str:
    """The page with the outputs of its blocks, which run in the current folder.

    cheap: leave out what is marked `slow`. data: read in place of `ml-100k`. Raises CourseError.
    """
    names: dict[str, Any] = {"__name__": "course"}
    parts, done = list[str](), 0
    for found in _BLOCK.finditer(page):
        block = _block(found)
        parts.append(page[done : found.start()])
        done = found.end()
        if cheap and "slow" in block.words:
            parts.append(found[0])
            continue
        tell(block.source.splitlines()[0])
        source = block.source.replace("ml-100k", data) if data else block.source
        try:
            output = _commands(source) if block.language == "console" else _python(source, names)
        except Exception as error:
            failed = CourseError(f"{block.source.strip()}\n{type(error).__name__}: {error}")
            failed.made = "".join([*parts, page[found.start() :]])
            raise failed from error
        parts.append(f"```{found['language']}{found['words']}\n{found['source']}```\n")
        parts += [f"\n```text\n{output}```\n"] if output else []
    return "".join([*parts, page[done:]])


def differences(page: str, made: str, tolerance: float = TOLERANCE) -> list[str]:
    """Where the outputs of two pages with the same blocks are not alike."""
    return [
        f"{block.source.strip()}\n--- the page has\n{block.output}--- it prints\n{again.output}"
        for block, again in zip(blocks(page), blocks(made), strict=True)
        if not alike(block.output, again.output, math.inf if "trained" in block.words else tolerance)
    ]


def alike(one: str, other: str, tolerance: float) -> bool:
    """Whether two outputs are the same but for figures, whose difference may be a share of the larger one.

    With a tolerance of infinity only the lines are counted. Ids of bundles are never compared.
    """
    if tolerance == math.inf:
        return one.count("\n") == other.count("\n")
    one, other = (_BUNDLE.sub("BUNDLE", text) for text in (one, other))
    # Columns are as wide as their figures.
    words = [re.sub(r"[\s─━-]+", " ", _FIGURE.sub("#", text)).strip() for text in (one, other)]
    figures = [[float(figure.replace(",", "")) for figure in _FIGURE.findall(text)] for text in (one, other)]
    if words[0] != words[1] or len(figures[0]) != len(figures[1]):
        return False
    return all(
        math.isclose(mine, theirs, rel_tol=tolerance, abs_tol=1e-6) for mine, theirs in zip(*figures, strict=True)
    )


@contextmanager
def empty_folder() -> Iterator[Path]:
    """A folder that is the current one as long as the context lasts, with nothing set from outside."""
    before, kept = Path.cwd(), dict(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        for name in [name for name in os.environ if name.upper().startswith("PHAROS_")]:
            del os.environ[name]
        os.environ.update(COLUMNS=_WIDTH, NO_COLOR="1")
        os.chdir(folder)
        try:
            yield Path(folder)
        finally:
            os.chdir(before)
            os.environ.clear()
            os.environ.update(kept)


def _block(found: re.Match[str]) -> Block:
    words = frozenset(found["words"].split())
    return Block(found["language"], words, found["source"], found["output"] or "")


def _commands(source: str) -> str:
    """What commands print, each in turn; a blank line between them."""
    lines = source.replace("\\\n", " ").splitlines()
    return "\n".join(_command(shlex.split(line.removeprefix("$ "))) for line in lines if line.startswith("$ "))


def _command(words: list[str]) -> str:
    from pharos.cli import main

    out, err, before = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = words
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as end:
        if end.code:
            raise CourseError(f"{shlex.join(words)}: {err.getvalue()[-2000:]}") from None
    finally:
        sys.argv = before
    return _tidy(out.getvalue())


def _python(source: str, names: dict[str, Any]) -> str:
    tree, out = ast.parse(source), io.StringIO()
    last = tree.body[-1]
    shown = ast.Expression(tree.body.pop().value) if isinstance(last, ast.Expr) else None  # type: ignore[attr-defined]
    with redirect_stdout(out):
        exec(compile(tree, "docs/course.md", "exec"), names)  # noqa: S102
        value = eval(compile(shown, "docs/course.md", "eval"), names) if shown else None  # noqa: S307
        if value is not None:
            out.write(f"{value}\n")
    return _tidy(out.getvalue())


def _tidy(text: str) -> str:
    lines = [line.rstrip() for line in text.splitlines()]
    return "\n".join(lines).strip("\n") + "\n" if any(lines) else ""


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _keep_pictures(page: str, folder: Path) -> None:
    from PIL import Image

    for found in _PICTURE.finditer(page):
        if (folder / found["source"]).is_file():
            with Image.open(folder / found["source"]) as picture:
                # A third of the size, and no eye sees the difference.
                picture.convert("RGB").quantize(_COLOURS).save(PAGE.parent / found["target"], optimize=True)


def main() -> int:
    """Run the page, and write or check it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--cheap", action="store_true")
    parser.add_argument("--tolerance", type=float, default=TOLERANCE)
    given = parser.parse_args()
    page = PAGE.read_text(encoding="utf-8")
    with empty_folder() as folder:
        try:
            made = run(page, cheap=given.cheap, tell=_tell)
        except CourseError as error:
            _tell(str(error))
            if error.made is not None and not given.check:
                PAGE.write_text(error.made, encoding="utf-8")
            return 1
        if not given.check:
            _keep_pictures(page, folder)
    if given.check:
        found = differences(page, made, given.tolerance)
        _tell("\n\n".join(found) or "the page has what its blocks print")
        return 1 if found else 0
    PAGE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
