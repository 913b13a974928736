"""The metrics that reports show for each protocol, and their headings."""

from collections.abc import Mapping
from typing import Any

from pharos.evaluation.folds import Protocol
from pharos.evaluation.metrics import (
    COVERAGE_10,
    MAE,
    NDCG_5,
    NDCG_10,
    OVERLAP_10,
    RECALL_5,
    RECALL_10,
    RECALL_50,
    RECALL_100,
    RMSE,
)

_RANKING = {name: name for name in (NDCG_10, RECALL_10, RECALL_50, RECALL_100)}
_RATING = {name: name for name in (RMSE, MAE)}
# Where each user wants one item, the papers' hit rate is the recall.
_LEAVE_ONE_OUT = {"HR@5": RECALL_5, "HR@10": RECALL_10, NDCG_5: NDCG_5, NDCG_10: NDCG_10, RECALL_100: RECALL_100}
_VARIETY = {name: name for name in (COVERAGE_10, OVERLAP_10)}


def compared(protocol: Protocol) -> Mapping[str, str]:
    """The metrics with confidence intervals, compared with the best peer: heading to metric name."""
    if protocol is Protocol.RATING:
        return _RATING
    return _LEAVE_ONE_OUT if protocol is Protocol.LEAVE_ONE_OUT else _RANKING


def table(protocol: Protocol) -> Mapping[str, str]:
    """The metrics of the page's table of methods: heading to metric name."""
    return compared(protocol) if protocol is Protocol.RATING else {**compared(protocol), **_VARIETY}


def short_table(protocol: Protocol) -> Mapping[str, str]:
    """The metrics of the table on a terminal."""
    if protocol in (Protocol.RATING, Protocol.LEAVE_ONE_OUT):
        return compared(protocol)
    return {name: name for name in (NDCG_10, RECALL_10, RECALL_100, COVERAGE_10)}


def describe_ties(figures: Mapping[str, Any]) -> str:
    """One sentence on events with equal timestamps; figures: the `ties` of a report."""
    if not figures["events"]:
        return "no two events of a user have the same time"
    line = (
        f"{figures['share']:.1%} of the events have the same time as another of their user; with these shuffled, "
        f"{figures['held_out_moved']:.1%} of the held-out events change"
    )
    for method, moves in figures["figures"].items():
        told, shuffled = moves[NDCG_10]["told"], moves[NDCG_10]["shuffled"]
        line += f"; {method}: {NDCG_10} {told:.4f}, shuffled {min(shuffled):.4f} to {max(shuffled):.4f}"
    return line


def heading(protocol: Protocol, figure: str) -> str:
    """The heading of a metric in the tables of a protocol."""
    return next((title for title, name in table(protocol).items() if name == figure), figure)
