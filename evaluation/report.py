"""What an evaluation leaves behind: the answers of our methods, and every figure as JSON."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.bootstrap import Interval, bootstrap, difference_interval, mean_interval
from evaluation.breakdown import Bin, by_history_length, by_popularity
from evaluation.folds import Fold
from evaluation.metrics import NDCG_10, RECALL_10, RECALL_100, RMSE, RankingMetrics, RatingMetrics
from evaluation.run import Evaluation, Outcome
from ingest.columns import Columns
from ingest.fingerprint import fingerprint

_COMPARED = (NDCG_10, RECALL_10, RECALL_100)
Report = dict[str, Any]


def report(evaluation: Evaluation) -> Report:
    """Every figure of an evaluation as JSON values."""
    dataset, fold = evaluation.dataset, evaluation.fold
    figures: Report = {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "pharos": version("pharos"),
        "protocol": str(evaluation.protocol),
        "dataset": {
            "name": dataset.name,
            "fingerprint": fingerprint(dataset),
            "users": len(dataset.users),
            "items": len(dataset.items),
            "known_events": len(fold.known.interactions),
            "held_out_events": len(fold.held_out),
        },
        "methods": [_method(fold, outcome) for outcome in evaluation.outcomes],
        "left_out": [vars(entry) for entry in evaluation.left_out],
        "comparison": _comparison(evaluation.outcomes),
    }
    if evaluation.variants:
        figures["variants"] = _variants(evaluation)
    if fold.candidates is not None:
        cold = fold.known.items[Columns.ITEM][fold.candidates]
        events = dataset.interactions[Columns.ITEM].isin(cold)
        figures["cold_items"] = {"share_of_catalogue": float(fold.candidates.mean()), "share_of_events": events.mean()}
    return figures


def write(evaluation: Evaluation, figures: Report, out: Path, files: Iterable[tuple[str, str]]) -> None:
    """Write `report.json` and the answers of our methods below `out`; files: method name and file name of each."""
    out.mkdir(parents=True, exist_ok=True)
    by_name = {outcome.name: outcome for outcome in evaluation.outcomes}
    for method, file in files:
        if method in by_name:
            by_name[method].answers.to_parquet(out / file, index=False)
    (out / "report.json").write_text(json.dumps(figures, indent=1, default=float) + "\n", "utf-8")


def _method(fold: Fold, outcome: Outcome) -> Report:
    tuning = outcome.tuning
    figures: Report = {
        "name": outcome.name,
        "ours": outcome.ours,
        "metrics": outcome.metrics.as_dict(),
        "intervals": {name: [part.low, part.high] for name, part in _intervals(outcome.metrics).items()},
        "seconds": dict(outcome.seconds),
        "settings": dict(tuning.settings),
        "attempts": [vars(attempt) for attempt in tuning.attempts],
        "untried": tuning.untried,
        "curves": {name: list(values) for name, values in tuning.curves.items()},
    }
    if isinstance(outcome.metrics, RankingMetrics):
        figures["ndcg@10_by_history"] = _bins(by_history_length(fold, outcome.metrics))
        figures["recall@100_by_popularity"] = _bins(by_popularity(fold, outcome.answers))
    if outcome.cold_share is not None:
        figures["cold_share_of_lists"] = outcome.cold_share
    return figures


def _bins(bins: list[Bin]) -> list[Report]:
    return [vars(part) for part in bins]


def _intervals(metrics: RankingMetrics | RatingMetrics) -> dict[str, Interval]:
    if isinstance(metrics, RankingMetrics):
        return {name: mean_interval(metrics.per_user[name]) for name in _COMPARED}
    squared, count = (metrics.per_user[name].to_numpy(float) for name in ("squared", "count"))
    return {RMSE: bootstrap(lambda drawn: np.sqrt((drawn @ squared) / (drawn @ count)), len(count))}


def _comparison(outcomes: tuple[Outcome, ...]) -> Report:
    """Ours (the last of ours, which builds on the others) against the best peer, for each metric."""
    ours = [outcome for outcome in outcomes if outcome.ours]
    peers = [outcome for outcome in outcomes if not outcome.ours]
    if not ours or not peers:
        return {}
    return {outcome.name: _against(outcome, peers) for outcome in ours}


def _against(ours: Outcome, peers: list[Outcome]) -> Report:
    if isinstance(ours.metrics, RatingMetrics):
        best = min(peers, key=lambda peer: peer.metrics.as_dict()[RMSE])
        mine, theirs = ours.metrics.rmse, best.metrics.as_dict()[RMSE]
        return {RMSE: {"ours": mine, "best_peer": best.name, "peer": theirs, "ratio": mine / theirs}}
    compared = {}
    for name in _COMPARED:
        best = max(peers, key=lambda peer: peer.metrics.as_dict()[name])
        mine, theirs = ours.metrics.as_dict()[name], best.metrics.as_dict()[name]
        interval = difference_interval(ours.metrics.per_user[name], best.metrics.per_user[name])
        compared[name] = {
            "ours": mine,
            "best_peer": best.name,
            "peer": theirs,
            "ratio": mine / theirs if theirs else None,
            "difference": interval.estimate,
            "interval": [interval.low, interval.high],
        }
    return compared


def _variants(evaluation: Evaluation) -> Report:
    """Other ways to ask our retrieval stage, each with what it loses against the usual way."""
    usual = evaluation.outcomes[0].metrics.as_dict()
    return {
        name: {**metrics.as_dict(), "loss": 1 - metrics.ndcg_10 / usual[NDCG_10] if usual[NDCG_10] else 0.0}
        for name, metrics in evaluation.variants.items()
    }
