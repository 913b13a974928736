"""Output of commands: tables that fit the terminal, and JSON."""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

_GAP: Final = 2
_LEAST: Final = 10


@dataclass(frozen=True)
class Column:
    """A column of a table.

    right: whether its cells stand at the right, as numbers do. cut: whether its cells are cut first where the table is
    too wide; ids and numbers are of no use when they are cut. style: as rich has it.
    """

    heading: str
    right: bool = False
    cut: bool = False
    style: str = ""


def show_table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    title: str = "",
    caption: str = "",
    bold: Collection[int] = (),
) -> None:
    """Print a table as wide as the terminal at most (80 columns if there is none); long cells are cut with ….

    bold: the places of rows that stand out. Cells are text: no markup of theirs is read, and no control character
    of theirs reaches the terminal.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    cells = [[_plain(cell) for cell in row] for row in rows]
    widths = _widths(columns, cells, console.width)
    table = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False)
    for column, width in zip(columns, widths, strict=True):
        table.add_column(
            Text(_plain(column.heading)),
            justify="right" if column.right else "left",
            style=column.style,
            width=width,
            no_wrap=True,
            overflow="ellipsis",
        )
    for place, row in enumerate(cells):
        table.add_row(*(Text(cell) for cell in row), style="bold" if place in bold else None)
    if title:
        console.print(Text(_plain(title), style="italic"), overflow="ellipsis", no_wrap=True)
    console.print(table)
    if caption:
        console.print(Text(_plain(caption), style="dim"))


def print_json(value: Any) -> None:
    """Print one JSON document; NaN and infinity become null."""
    print(json.dumps(_finite(value), ensure_ascii=False, indent=2))


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[str]], room: int) -> list[int]:
    """Column widths: as wide as the cells; if that is too much, the widest columns are cut."""
    from rich.cells import cell_len

    texts = [[column.heading, *(row[place] for row in rows)] for place, column in enumerate(columns)]
    widths = [max(map(cell_len, cells)) for cells in texts]
    excess = sum(widths) + _GAP * (len(widths) - 1) - room
    # First those that may be cut; the others only where that is not enough.
    for chosen in (
        [place for place, column in enumerate(columns) if column.cut],
        list(range(len(columns))),
    ):
        while excess > 0:
            widest = max(chosen, key=lambda place: widths[place], default=None)
            if widest is None or widths[widest] <= _LEAST:
                break
            widths[widest] -= 1
            excess -= 1
    return widths


def _plain(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


def _finite(value: Any) -> Any:
    if hasattr(value, "dtype"):  # a number or an array of NumPy
        value = value.tolist()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return value
