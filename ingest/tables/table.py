"""A table on its way from a file to typed columns, and the account of what is wrong with its rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pharos.ingest.errors import DataError
from pharos.ingest.report import Finding, IngestReport, Outcome

MAX_BAD_SHARE: Final = 0.05
SHOWN_CASES: Final = 3

_SHOWN_CHARACTERS: Final = 60


class Places(Protocol):
    """Knows where the records of a file stand."""

    @property
    def file(self) -> str:
        """The file's name."""

    def of(self, records: Sequence[int]) -> list[str]:
        """Where each record (0-based, ascending) stands, for people: "ratings.csv:17"."""


@dataclass(frozen=True)
class Table:
    """The good rows of a file, and what became of the others.

    frame: cells as they stand in the file (CSV: str), or already typed; its index is the record's number in the file.
    places: tells where a record stands. rows: how many the file has, bad ones included. findings: so far.
    """

    frame: pd.DataFrame
    places: Places
    rows: int
    findings: tuple[Finding, ...] = ()

    @property
    def file(self) -> str:
        """The file's name."""
        return self.places.file

    @property
    def report(self) -> IngestReport:
        """The account of this file."""
        return IngestReport(((self.file, self.rows),), self.findings)

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
        return replace(table, frame=self.frame[~bad])

    def note(self, outcome: Outcome, found: NDArray[np.bool_], reason: str, column: str | None = None) -> "Table":
        """The table with one more finding; its rows stay as they are. Nothing found, nothing noted."""
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
        """This table, or a DataError if more than 5 % of its rows were dropped or of a column's cells unreadable."""
        lost = [f for f in self.findings if f.outcome is Outcome.DROPPED]
        for group in (lost, *([f] for f in self.findings if f.outcome is Outcome.MISSING)):
            count = sum(finding.count for finding in group)
            if count > MAX_BAD_SHARE * self.rows:
                what = "rows are bad" if group is lost else "cells cannot be read"
                reasons = "".join(f"\n  {finding}" for finding in group)
                raise DataError(
                    f"{self.file}: {count:,} of {self.rows:,} {what}, more than {MAX_BAD_SHARE:.0%} allowed:{reasons}"
                )
        return self


def require_columns(file: str, present: Sequence[str], wanted: Sequence[str]) -> None:
    """Raise DataError unless every wanted column is present, once."""
    for column in wanted:
        if column not in present:
            raise DataError(f"{file}: no column {column!r}; the columns present are {', '.join(map(repr, present))}")
        if present.count(column) > 1:
            raise DataError(f"{file}: the column {column!r} stands there {present.count(column)} times")
