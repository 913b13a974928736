"""Collects rows into columns of text, with the line of each; bad rows are collected by reason."""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from pharos.ingest.report import Finding, Outcome
from pharos.ingest.tables.table import SHOWN_CASES, Rejected, Table

_BATCH: Final = 50_000


def is_broken(text: str) -> bool:
    """Whether text decoded with errors="surrogateescape" holds bytes outside its encoding."""
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def wrong_width(width: int) -> str:
    """The reason for a row with more or fewer cells than there are columns."""
    return f"not {width} cells, one for each column"


@dataclass(frozen=True)
class KnownPlaces:
    """Places of records whose numbers were kept. mark: goes before a number, as in "events.csv:17", "events:row 17"."""

    file: str
    numbers: Sequence[int]
    mark: str = ":"

    def of(self, records: Sequence[int]) -> list[str]:
        """Where each record (0-based) stands."""
        return [f"{self.file}{self.mark}{self.numbers[record]}" for record in records]


class RowCollector:
    """Collects the rows of one file.

    columns: whose cells are added, in this order. raw: gives the text that stands at these lines, to write out the
    bad ones; None if it cannot be read again.
    """

    def __init__(
        self,
        file: str,
        columns: Sequence[str],
        mark: str = ":",
        raw: Callable[[Sequence[int]], list[str]] | None = None,
    ) -> None:
        self._file, self._columns, self._mark, self._raw = file, list(columns), mark, raw
        self._cells: list[Sequence[str | None]] = []
        self._batches: list[pa.RecordBatch] = []
        self._numbers = array("q")
        self._bad: dict[str, array[int]] = {}

    def add(self, cells: Sequence[str | None], number: int) -> None:
        """Add a good row: one cell per column, at this line."""
        self._cells.append(cells)
        self._numbers.append(number)
        if len(self._cells) == _BATCH:
            self._flush()

    def drop(self, reason: str, number: int) -> None:
        """Add a bad row."""
        self._bad.setdefault(reason, array("q")).append(number)

    def table(self, findings: tuple[Finding, ...] = ()) -> Table:
        """The table of all good rows, with findings about the bad ones."""
        self._flush()
        schema = pa.schema([(column, pa.string()) for column in self._columns])
        frame = pa.Table.from_batches(self._batches, schema).to_pandas()
        self._batches.clear()
        rejected = tuple(
            Rejected(reason, KnownPlaces(self._file, lines, self._mark), range(len(lines)), self._raw_of(lines))
            for reason, lines in self._bad.items()
        )
        dropped = tuple(
            Finding(self._file, Outcome.DROPPED, part.reason, len(part.records), tuple(part.cases(SHOWN_CASES)))
            for part in rejected
        )
        count = len(frame) + sum(map(len, self._bad.values()))
        places = KnownPlaces(self._file, self._numbers, self._mark)
        return Table(frame, places, ((self._file, count),), (*findings, *dropped), rejected)

    def _raw_of(self, lines: "array[int]") -> Callable[[], list[str]]:
        raw = self._raw
        return (lambda: raw(lines)) if raw else (lambda: [""] * len(lines))

    def _flush(self) -> None:
        if self._cells:
            arrays = [pa.array(values, pa.string()) for values in zip(*self._cells, strict=True)]
            self._batches.append(pa.RecordBatch.from_arrays(arrays, self._columns))
            self._cells.clear()
