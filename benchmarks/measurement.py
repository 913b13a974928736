"""What every part of `make bench` returns: measurements, each with its floor and the bar that it is held to."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Self, TypeAlias

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, computed_field

Figure: TypeAlias = Literal["median", "p95", "p99", "ratio"]


class Bar(BaseModel):
    """What a measurement is held to. of: the figure that counts; limit: the worst value that holds."""

    model_config = ConfigDict(frozen=True)

    of: Figure
    limit: float


class Measurement(BaseModel):
    """One figure of repeated runs.

    unit: of median, p95, p99 and floor. higher_is_better: as of rates; else less is better. p95, p99: what 95 and 99 %
    of the runs were no worse than. floor: the median of the bare calls in the same run. ratio: median by floor. load:
    processes that wanted a core over the last minute.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    unit: str
    runs: int
    median: float
    p95: float
    p99: float
    higher_is_better: bool = False
    floor: float | None = None
    bar: Bar | None = None
    note: str = ""
    load: float = Field(default_factory=lambda: round(os.getloadavg()[0], 2))

    @classmethod
    def of(
        cls,
        name: str,
        unit: str,
        values: Sequence[float],
        *,
        floor: Sequence[float] = (),
        higher_is_better: bool = False,
        bar: Bar | None = None,
        note: str = "",
    ) -> Self:
        """The measurement of values, one for each run. floor: those of the bare calls, empty where there is none."""
        worst = (5, 1) if higher_is_better else (95, 99)
        p95, p99 = (float(np.percentile(values, share)) for share in worst)
        return cls(
            name=name,
            unit=unit,
            runs=len(values),
            median=float(np.median(values)),
            p95=p95,
            p99=p99,
            higher_is_better=higher_is_better,
            floor=float(np.median(floor)) if len(floor) else None,
            bar=bar,
            note=note,
        )

    @computed_field  # type: ignore[prop-decorator]
    @property
    def ratio(self) -> float | None:
        """Median by floor; None without a floor."""
        return self.median / self.floor if self.floor else None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def missed_by(self) -> float | None:
        """By how much the bar is missed, 0 where it holds; None without a bar."""
        if self.bar is None:
            return None
        value = {"median": self.median, "p95": self.p95, "p99": self.p99, "ratio": self.ratio}[self.bar.of]
        if value is None:
            raise ValueError(f"{self.name}: its bar is for a ratio, and it has no floor")
        return max(0.0, self.bar.limit - value if self.higher_is_better else value - self.bar.limit)


@dataclass(frozen=True)
class Size:
    """How much is made up: items, users and events."""

    items: int
    users: int
    events: int


SIZES: Final = {
    "10k": Size(10_000, 10_000, 1_000_000),
    "100k": Size(100_000, 100_000, 10_000_000),
    "1m": Size(1_000_000, 1_000_000, 100_000_000),
}


@dataclass(frozen=True)
class Options:
    """What a part is asked for. data: a data set for the parts that can use one; empty for made-up data."""

    size: Size = SIZES["10k"]
    data: str = ""


def milliseconds(work: Callable[[int], object], runs: int, warm_up: int = 0) -> list[float]:
    """How long each of `runs` calls took; `work` is given the number of the call."""
    taken = []
    for number in range(warm_up + runs):
        started = time.perf_counter()
        work(number)
        taken.append((time.perf_counter() - started) * 1000)
    return taken[warm_up:]


def in_turns(
    ours: Callable[[int], object], floor: Callable[[int], object], runs: int, warm_up: int = 1
) -> tuple[list[float], list[float]]:
    """Milliseconds of both, one after the other in each round, so that what disturbs one disturbs the other."""
    mine, bare = list[float](), list[float]()
    for number in range(warm_up + runs):
        bare += milliseconds(lambda _, number=number: floor(number), 1)
        mine += milliseconds(lambda _, number=number: ours(number), 1)
    return mine[warm_up:], bare[warm_up:]


def table(measurements: Sequence[tuple[str, Measurement]]) -> str:
    """The measurements as lines for people. measurements: with the name of the part of each."""
    head = ("part", "figure", "runs", "median", "p95", "p99", "unit", "floor", "ratio", "bar", "")
    rows = [head, *(_row(part, measurement) for part, measurement in measurements)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if 2 <= column <= 5 or column in (7, 8) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    notes = [f"  {one.name}: {one.note}" for _, one in measurements if one.note]
    return "\n".join([*lines, *notes])


def _row(part: str, one: Measurement) -> tuple[str, ...]:
    return (
        part,
        one.name,
        f"{one.runs:,}",
        _number(one.median),
        _number(one.p95) if one.runs > 1 else "",
        _number(one.p99) if one.runs > 1 else "",
        one.unit,
        "" if one.floor is None else _number(one.floor),
        "" if one.ratio is None else f"{one.ratio:.2f}",
        _bar(one),
        _verdict(one),
    )


def _bar(one: Measurement) -> str:
    if one.bar is None:
        return ""
    return f"{one.bar.of} {'>=' if one.higher_is_better else '<='} {_number(one.bar.limit)}"


def _verdict(one: Measurement) -> str:
    if one.missed_by is None:
        return ""
    return f"missed by {_number(one.missed_by)}" if one.missed_by else "holds"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
