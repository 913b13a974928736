"""What reports for people have in common: which figures stand in the tables of a protocol, and their names there."""

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
    """The figures that have intervals and are held against the best peer's: by heading, the name of the figure."""
    if protocol is Protocol.RATING:
        return _RATING
    return _LEAVE_ONE_OUT if protocol is Protocol.LEAVE_ONE_OUT else _RANKING


def table(protocol: Protocol) -> Mapping[str, str]:
    """The figures of the page's table of methods: by heading, the name of the figure."""
    return compared(protocol) if protocol is Protocol.RATING else {**compared(protocol), **_VARIETY}


def short_table(protocol: Protocol) -> Mapping[str, str]:
    """Those of a table that has to fit on a terminal."""
    if protocol in (Protocol.RATING, Protocol.LEAVE_ONE_OUT):
        return compared(protocol)
    return {name: name for name in (NDCG_10, RECALL_10, RECALL_100, COVERAGE_10)}


def describe_ties(figures: Mapping[str, Any]) -> str:
    """One line on events at the same time; figures: those under `ties` in a report."""
    if not figures["events"]:
        return "no two events of a user have the same time"
    line = (
        f"{figures['share']:.1%} of the events have the same time as another of their user; with these shuffled, "
        f"{figures['held_out_moved']:.1%} of the held-out events are others"
    )
    for method, moves in figures["figures"].items():
        told, shuffled = moves[NDCG_10]["told"], moves[NDCG_10]["shuffled"]
        line += f"; {method}: {NDCG_10} {told:.4f}, shuffled {min(shuffled):.4f} to {max(shuffled):.4f}"
    return line


def heading(protocol: Protocol, figure: str) -> str:
    """What a figure is called in the tables of a protocol."""
    return next((title for title, name in table(protocol).items() if name == figure), figure)
