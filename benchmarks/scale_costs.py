"""Machines and money for catalogues and streams of any size, by the formulas of docs/scale.md, as its table.

Prices and unit costs are options: `python -m benchmarks.scale_costs core_hour=0.05 memory=3 training_core_us=70`.
Measure the unit costs of your machine with `python -m benchmarks.unit_costs`.
"""

import sys
from dataclasses import dataclass, fields
from math import ceil
from typing import Self

MONTH_HOURS = 730
SIZES = (
    (10_000, 10_000, 1),
    (1_000_000, 10_000, 10),
    (10_000_000, 100_000, 50),
    (100_000_000, 1_000_000, 300),
    (1_000_000_000, 10_000_000, 2_000),
    (1_000_000_000, 100_000_000, 5_000),
)
"""Events, items, and requests a second."""


@dataclass(frozen=True)
class Costs:
    """Unit costs and prices.

    training_core_us: core microseconds of one event in one epoch. epochs: of one training, both fits. event_bytes: of
    memory in training, beside base_gb. item_bytes: of memory in Qdrant. request_ms: core milliseconds of a request.
    text_ms: core milliseconds to encode one item's text. copies: of each shard, where there is more than one node.
    busy: the share of a core that is used. trainings: a month. core_hour: price of a core with 4 GB of memory for an
    hour. memory: price of 1 GB for a month, beyond those.
    """

    training_core_us: float = 106.0
    epochs: float = 15.0
    event_bytes: float = 384.0
    base_gb: float = 2.5
    item_bytes: float = 6_977.0
    request_ms: float = 9.0
    text_ms: float = 14.0
    copies: int = 3
    busy: float = 0.6
    trainings: float = 30.0
    core_hour: float = 0.05
    memory: float = 3.0

    @classmethod
    def parse(cls, assignments: list[str]) -> Self:
        """From texts like `core_hour=0.05`."""
        known = {field.name: field.type for field in fields(cls)}
        values = dict(assignment.split("=", 1) for assignment in assignments)
        if unknown := set(values) - set(known):
            sys.exit(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
        return cls(**{name: int(text) if known[name] is int else float(text) for name, text in values.items()})


@dataclass(frozen=True)
class Need:
    """What one size needs. train_hours: one training, on 8 cores; money: a month."""

    train_hours: float
    train_gb: float
    encode_hours: float
    index_gb: float
    api_cores: int
    money: float


def need(events: int, items: int, rate: float, costs: Costs) -> Need:
    """The formulas."""
    train_core_hours = events * costs.epochs * costs.training_core_us / 3.6e9
    encode_core_hours = items * costs.text_ms / 3.6e6
    train_gb = costs.base_gb + events * costs.event_bytes / 1e9
    copies = costs.copies if items > 1_000_000 else 1
    index_gb = copies * items * costs.item_bytes / 1e9
    api_cores = max(2, ceil(rate * costs.request_ms / 1000 / costs.busy))
    index_cores = max(1, ceil(index_gb / 4))
    # A new text is encoded once; each month a tenth of the catalogue is new or changed.
    core_hours = costs.trainings * train_core_hours + 0.1 * encode_core_hours
    extra = max(0.0, train_gb - 32) * costs.memory * costs.trainings * train_core_hours / 8 / MONTH_HOURS
    money = (api_cores + index_cores) * MONTH_HOURS * costs.core_hour + core_hours * costs.core_hour + extra
    return Need(train_core_hours / 8, train_gb, encode_core_hours / 8, index_gb, api_cores, money)


def main() -> None:
    """Print the table."""
    costs = Costs.parse(sys.argv[1:])
    print(
        "| Events | Items | Requests/s | Training, 8 cores | Its memory | All texts, 8 cores | Qdrant memory | API "
        "cores | Money a month |"
    )
    print("| --- " * 9 + "|")
    for events, items, rate in SIZES:
        found = need(events, items, rate, costs)
        print(
            f"| {events:,} | {items:,} | {rate:,} | {_hours(found.train_hours)} | {found.train_gb:,.1f} GB | "
            f"{_hours(found.encode_hours)} | {found.index_gb:,.1f} GB | {found.api_cores} | {found.money:,.0f} |"
        )


def _hours(hours: float) -> str:
    if hours < 1:
        return f"{max(hours * 60, 0.1):.1f} min"
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.1f} days"


if __name__ == "__main__":
    main()
