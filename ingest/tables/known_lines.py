"""Tables whose reader knows on which line each row stands, and which lines are bad."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pharos.ingest.report import Finding, Outcome
from pharos.ingest.tables.table import SHOWN_CASES, Table

BROKEN_UTF8: Final = "broken UTF-8"


def wrong_width(width: int) -> str:
    """The reason for a row with more or fewer cells than there are columns."""
    return f"not {width} cells, one for each column"


def is_broken(text: str) -> bool:
    """Whether text read with errors="surrogateescape" holds bytes that are no UTF-8."""
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def table_of_lines(path: Path, frame: pd.DataFrame, lines: Sequence[int], bad: Mapping[str, Sequence[int]]) -> Table:
    """The table of these good rows.

    lines: the line number of each row of the frame. bad: those of the rows that are left out, by reason.
    """
    findings = tuple(
        Finding(path.name, Outcome.DROPPED, reason, len(at), tuple(f"{path.name}:{line}" for line in at[:SHOWN_CASES]))
        for reason, at in bad.items()
    )
    rows = len(frame) + sum(len(at) for at in bad.values())
    return Table(frame, _KnownLines(path, np.asarray(lines, dtype=np.int64)), rows, findings)


@dataclass(frozen=True)
class _KnownLines:
    """Places in a file whose line numbers were kept. lines: [records]."""

    path: Path
    lines: NDArray[np.int64]

    @property
    def file(self) -> str:
        return self.path.name

    def of(self, records: Sequence[int]) -> list[str]:
        return [f"{self.file}:{self.lines[record]}" for record in records]
