"""The pages of the documentation, and the blocks of code in them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[2]
DOCS: Final = ROOT / "docs"
_FENCE: Final = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NOT_RUN: Final = "<!-- not run: "


class Block(NamedTuple):
    """Code on a page. line: where it begins. runs: false where the page says above it that it cannot be run."""

    page: str
    line: int
    language: str
    text: str
    runs: bool

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """Every page, the generated ones too."""
    return sorted(DOCS.rglob("*.md"))


def blocks(page: Path, *languages: str) -> Iterator[Block]:
    """The blocks of these languages in their order."""
    text = "\n" + page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        if found[1] in languages:
            before = text[: found.start()].rstrip("\n").rpartition("\n")[2]
            name, line = page.relative_to(ROOT).as_posix(), text.count("\n", 0, found.start())
            yield Block(name, line, found[1], found[2], not before.startswith(_NOT_RUN))
