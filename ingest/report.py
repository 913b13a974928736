"""The ingestion report: how many rows were read, and which were dropped, and why."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, Self


class Outcome(StrEnum):
    """What happened to the rows or cells of a finding."""

    DROPPED = "dropped"
    MISSING = "read as missing"
    CUT = "cut short"
    NOTED = "noted"


@dataclass(frozen=True)
class Finding:
    """One reason, counted.

    file: name of the file. reason: what is wrong, in words. count: of rows or cells.
    cases: the first ones, each as "file:line" and the offending value.
    """

    file: str
    outcome: Outcome
    reason: str
    count: int
    cases: tuple[str, ...] = ()

    def __str__(self) -> str:
        cases = f" ({', '.join(self.cases)}{', …' if self.count > len(self.cases) else ''})" if self.cases else ""
        return f"{self.file}: {self.count:,} {self.outcome}: {self.reason}{cases}"


class RejectedRows(Protocol):
    """Rows that were dropped for one reason; see `pharos.ingest.tables.table.Rejected`."""

    @property
    def reason(self) -> str:
        """Why they were dropped."""

    @property
    def records(self) -> Sequence[int]:
        """Their record numbers in the file."""

    @property
    def values(self) -> Callable[[], list[str]]:
        """A function that returns the content of each."""

    def cases(self, count: int) -> list[str]:
        """The places of the first of them."""


@dataclass(frozen=True)
class TableCount:
    """The rows of one table, each counted once by its outcome.

    read: rows that are used. noted: rows that are not wrong, and that another row stands for or that are left out by
    choice. dropped: bad ones.
    """

    read: int = 0
    noted: int = 0
    dropped: int = 0


@dataclass(frozen=True)
class IngestReport:
    """The findings of one or more files.

    rows: (file, rows in it, bad ones included), in the order of reading. findings: in the order of discovery.
    tables: of "interactions", "items" and "users", as far as they were read. rejected: the rows that were dropped.
    faults: why the data set would be refused, when it is read anyway (strict off).
    """

    rows: tuple[tuple[str, int], ...] = ()
    findings: tuple[Finding, ...] = ()
    tables: tuple[tuple[str, TableCount], ...] = ()
    rejected: tuple[RejectedRows, ...] = field(default=(), repr=False, compare=False)
    faults: tuple[str, ...] = ()

    def merge(self, other: Self) -> "IngestReport":
        """Both reports as one."""
        return IngestReport(
            self.rows + other.rows,
            self.findings + other.findings,
            self.tables + other.tables,
            self.rejected + other.rejected,
            self.faults + other.faults,
        )

    @property
    def dropped(self) -> int:
        """How many rows were dropped, over all files."""
        return sum(finding.count for finding in self.findings if finding.outcome is Outcome.DROPPED)

    def counts(self) -> dict[str, int]:
        """The count of each reason, over all files."""
        counts: dict[str, int] = {}
        for finding in self.findings:
            counts[finding.reason] = counts.get(finding.reason, 0) + finding.count
        return counts

    def lines(self) -> list[str]:
        """The report for people: a line per file, then a line per finding."""
        return [f"{file}: {count:,} rows" for file, count in self.rows] + [str(finding) for finding in self.findings]


def merged(reports: Iterable[IngestReport]) -> IngestReport:
    """All reports as one, in order."""
    total = IngestReport()
    for report in reports:
        total = total.merge(report)
    return total
