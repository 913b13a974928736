"""A table of text between file and typed columns, with the findings about its rows."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pharos.ingest.errors import DataError
from pharos.ingest.report import Finding, IngestReport, Outcome, TableCount

MAX_BAD_SHARE: Final = 0.05
SHOWN_CASES: Final = 3

_SHOWN_CHARACTERS: Final = 60


class Places(Protocol):
    """Maps the records of a file to their places."""

    @property
    def file(self) -> str:
        """The file's name."""

    def of(self, records: Sequence[int]) -> list[str]:
        """The place of each record (0-based, ascending), for people: "ratings.csv:17"."""


@dataclass(frozen=True)
class Rejected:
    """Rows that were dropped for one reason.

    places, records: where they stand. values: gives what stood in each, for people, when it is asked for.
    """

    reason: str
    places: Places
    records: Sequence[int]
    values: Callable[[], list[str]]

    def cases(self, count: int) -> list[str]:
        """The places of the first of them."""
        return self.places.of(list(self.records[:count]))


@dataclass(frozen=True)
class Table:
    """The good rows of one or more files, and the findings about the others.

    frame: cells as they stand in the file (CSV: str), or already typed; its index is the record's number.
    places: tells where a record stands. files: the name and the rows of each, bad ones included.
    findings: so far. rejected: the rows that were dropped so far. merged: rows that a later or stronger one of their
    kind stands for, or that are left out by choice.
    """

    frame: pd.DataFrame
    places: Places
    files: tuple[tuple[str, int], ...]
    findings: tuple[Finding, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    merged: int = 0

    @property
    def file(self) -> str:
        """The file's name; of several files, their common part."""
        return self.places.file

    @property
    def rows(self) -> int:
        """The count of rows in the files, bad ones included."""
        return sum(rows for _, rows in self.files)

    @property
    def report(self) -> IngestReport:
        """The report of this file."""
        return IngestReport(self.files, self.findings, rejected=self.rejected)

    def count(self) -> TableCount:
        """The rows by outcome: those of the frame are read."""
        dropped = sum(finding.count for finding in self.findings if finding.outcome is Outcome.DROPPED)
        return TableCount(len(self.frame), self.merged, dropped)

    def with_columns(self, /, **columns: pd.Series | NDArray[Any]) -> "Table":
        """The table with these columns added or replaced."""
        frame = self.frame.copy(deep=False)
        for name, column in columns.items():  # not `assign`, which knows no column called "self"
            frame[name] = column
        return replace(self, frame=frame)

    def without(self, column: str) -> "Table":
        """The table without this column."""
        return replace(self, frame=self.frame.drop(columns=column))

    def drop(self, bad: NDArray[np.bool_], reason: str, column: str | None = None) -> "Table":
        """The table without its bad rows, which are counted under this reason.

        bad: [rows of the frame]. column: whose value the first cases quote.
        """
        if not bad.any():
            return self
        table = self.note(Outcome.DROPPED, bad, reason, column)
        dropped = self.frame[bad]
        rejected = Rejected(reason, self.places, dropped.index.tolist(), lambda: _as_json(dropped))
        return replace(table, frame=self.frame[~bad], rejected=(*self.rejected, rejected))

    def leave_out(self, out: NDArray[np.bool_], reason: str, column: str | None = None) -> "Table":
        """The table without rows that are valid but not needed, such as repeated ones; they are counted."""
        if not out.any():
            return self
        return self.note(Outcome.NOTED, out, reason, column).without_rows(out)

    def without_rows(self, out: NDArray[np.bool_]) -> "Table":
        """The table without valid rows that are reported elsewhere."""
        if not out.any():
            return self
        return replace(self, frame=self.frame[~out], merged=self.merged + int(out.sum()))

    def note(self, outcome: Outcome, found: NDArray[np.bool_], reason: str, column: str | None = None) -> "Table":
        """The table with one more finding and the same rows; a finding without cases is ignored."""
        if not found.any():
            return self
        first = np.flatnonzero(found)[:SHOWN_CASES]
        cases = self.places.of([int(record) for record in self.frame.index[first]])
        if column is not None:
            values = self.frame[column].iloc[first]
            cases = [f"{case} {repr(value)[:_SHOWN_CHARACTERS]}" for case, value in zip(cases, values, strict=True)]
        finding = Finding(self.file, outcome, reason, int(found.sum()), tuple(cases))
        return replace(self, findings=(*self.findings, finding))

    def check(self) -> "Table":
        """This table, if it is good enough. Errors: DataError for the first of its `faults`."""
        for fault in self.faults():
            raise DataError(fault)
        return self

    def faults(self) -> tuple[str, ...]:
        """Why the table is refused: more than 5 % of its rows were dropped, or of a column's cells unreadable."""
        lost = [f for f in self.findings if f.outcome is Outcome.DROPPED]
        faults = []
        for group in (lost, *([f] for f in self.findings if f.outcome is Outcome.MISSING)):
            count = sum(finding.count for finding in group)
            if count > MAX_BAD_SHARE * self.rows:
                what = "rows are bad" if group is lost else "cells cannot be read"
                reasons = "".join(f"\n  {finding}" for finding in group)
                faults.append(
                    f"{self.file}: {count:,} of {self.rows:,} {what}, more than {MAX_BAD_SHARE:.0%} allowed:{reasons}"
                )
        return tuple(faults)


@dataclass(frozen=True)
class _JoinedPlaces:
    """Places of records in several files, one after the other. starts: the first record of each file."""

    file: str
    parts: tuple[Places, ...]
    starts: tuple[int, ...]

    def of(self, records: Sequence[int]) -> list[str]:
        by_part = np.searchsorted(self.starts, records, side="right") - 1
        found: dict[int, str] = {}
        for part in np.unique(by_part):
            own = [record for record, its in zip(records, by_part, strict=True) if its == part]
            cases = self.parts[part].of([record - self.starts[part] for record in own])
            found.update(zip(own, cases, strict=True))
        return [found[record] for record in records]


def join_tables(name: str, tables: Sequence[Table]) -> Table:
    """Concatenate tables of the same columns, under a new name."""
    if len(tables) == 1:
        return tables[0]
    sizes = [int(table.frame.index.max()) + 1 if len(table.frame) else 0 for table in tables]
    starts = [0, *np.cumsum(sizes)[:-1].tolist()]
    frames = [table.frame.set_axis(table.frame.index + start) for table, start in zip(tables, starts, strict=True)]
    return Table(
        pd.concat(frames),
        _JoinedPlaces(name, tuple(table.places for table in tables), tuple(starts)),
        tuple(file for table in tables for file in table.files),
        tuple(finding for table in tables for finding in table.findings),
        tuple(rejected for table in tables for rejected in table.rejected),
    )


def _as_json(frame: pd.DataFrame) -> list[str]:
    """Each row as a JSON object."""
    return [json.dumps(row, ensure_ascii=False, default=str) for row in frame.to_dict("records")]


def require_columns(file: str, present: Sequence[str], wanted: Sequence[str]) -> None:
    """Raise DataError unless every wanted column is present, once."""
    for column in wanted:
        if column not in present:
            raise DataError(f"{file}: no column {column!r}; the columns present are {', '.join(map(repr, present))}")
        if present.count(column) > 1:
            raise DataError(f"{file}: the column {column!r} stands there {present.count(column)} times")
