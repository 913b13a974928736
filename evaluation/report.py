"""The results of an evaluation as files: recommendations, and every figure as JSON."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from pharos.evaluation.bootstrap import Interval, Statistic, bootstrap, difference_interval, mean_interval
from pharos.evaluation.breakdown import Bin, by_history_length, by_popularity
from pharos.evaluation.diversity import Degree
from pharos.evaluation.folds import Fold
from pharos.evaluation.headings import compared
from pharos.evaluation.metrics import MAE, NDCG_10, RECALL_100, RMSE, RankingMetrics, RatingMetrics
from pharos.evaluation.run import Evaluation, Outcome
from pharos.evaluation.ties import Ties
from pharos.ingest.columns import Columns
from pharos.ingest.fingerprint import fingerprint

Report = dict[str, Any]


def report(evaluation: Evaluation) -> Report:
    """Every figure of an evaluation as JSON values."""
    dataset, fold, names = evaluation.dataset, evaluation.fold, tuple(compared(evaluation.protocol).values())
    figures: Report = {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "pharos": version("pharos"),
        "protocol": str(evaluation.protocol),
        "fitted_on": str(evaluation.fitted_on) if evaluation.fitted_on else None,
        "dataset": {
            "name": dataset.name,
            "fingerprint": fingerprint(dataset),
            "users": len(dataset.users),
            "items": len(dataset.items),
            "known_events": len(fold.known.interactions),
            "fitted_events": len(fold.fitted.interactions),
            "held_out_events": len(fold.held_out),
        },
        "budget_seconds": evaluation.budget,
        "methods": [_method(fold, outcome, names) for outcome in evaluation.outcomes],
        "left_out": [vars(entry) for entry in evaluation.left_out],
        "comparison": _comparison(evaluation.outcomes, names),
    }
    if evaluation.ties:
        figures["ties"] = _ties(evaluation.ties, evaluation.outcomes, names)
    if fold.candidates is not None:
        cold = fold.known.items[Columns.ITEM][fold.candidates]
        events = dataset.interactions[Columns.ITEM].isin(cold)
        figures["cold_items"] = {"share_of_catalogue": float(fold.candidates.mean()), "share_of_events": events.mean()}
    return figures


def write(evaluation: Evaluation, figures: Report, out: Path, files: Mapping[str, str]) -> None:
    """Write `report.json` and our recommendations below `out`; files: the file name for each method."""
    for outcome in evaluation.outcomes:
        if outcome.ours:
            outcome.answers.to_parquet(out / files[outcome.name], index=False)
    (out / "report.json").write_text(json.dumps(figures, indent=1, default=float) + "\n", "utf-8")


def _method(fold: Fold, outcome: Outcome, names: Sequence[str]) -> Report:
    tuning = outcome.tuning
    figures: Report = {
        "name": outcome.name,
        "ours": outcome.ours,
        "metrics": outcome.metrics.as_dict(),
        "intervals": {name: [part.low, part.high] for name, part in _intervals(outcome.metrics, names).items()},
        "seconds": dict(outcome.seconds),
        "settings": dict(tuning.settings),
        "attempts": [vars(attempt) for attempt in tuning.attempts],
        "untried": tuning.untried,
        "curves": {name: list(values) for name, values in tuning.curves.items()},
    }
    if isinstance(outcome.metrics, RankingMetrics):
        for name in (NDCG_10, RECALL_100):
            figures[f"{name}_by_history"] = _bins(by_history_length(fold, outcome.metrics, name))
        figures["recall@100_by_popularity"] = _bins(by_popularity(fold, outcome.answers))
        figures["diversity"] = _diversity(outcome.diversity)
        figures["variants"] = _variants(outcome.variants, outcome.metrics)
    if outcome.cold_share is not None:
        figures["cold_share_of_lists"] = outcome.cold_share
    return figures


def _ties(ties: Ties, outcomes: tuple[Outcome, ...], names: Sequence[str]) -> Report:
    """The metrics of each refitted method in the given row order, and for each shuffle of tied events."""
    told = {outcome.name: outcome.metrics.as_dict() for outcome in outcomes}
    moves = {
        method: {
            name: {"told": told[method][name], "shuffled": [m.as_dict()[name] for m in shuffles]} for name in names
        }
        for method, shuffles in (ties.shuffled or {}).items()
    }
    return {"events": ties.events, "share": ties.share, "held_out_moved": ties.moved, "figures": moves}


def _diversity(curve: tuple[Degree, ...]) -> list[Report]:
    """Each degree of diversity with its metrics, relative to the plain lists."""
    return [
        {
            **vars(degree),
            "less_alike": 1 - degree.similarity / curve[0].similarity if curve[0].similarity else 0.0,
            "loss": 1 - degree.ndcg_10 / curve[0].ndcg_10 if curve[0].ndcg_10 else 0.0,
        }
        for degree in curve
    ]


def _bins(bins: list[Bin]) -> list[Report]:
    return [vars(part) for part in bins]


def _intervals(metrics: RankingMetrics | RatingMetrics, names: Sequence[str]) -> dict[str, Interval]:
    if isinstance(metrics, RankingMetrics):
        return {name: mean_interval(metrics.per_user[name]) for name in names}
    users = len(metrics.per_user)
    return {name: bootstrap(statistic, users) for name, statistic in _error_statistics(metrics).items()}


def _error_statistics(metrics: RatingMetrics) -> dict[str, Statistic]:
    """Error metrics over all ratings of the resampled users."""
    count, squared, absolute = (metrics.per_user[name].to_numpy(float) for name in ("count", "squared", "absolute"))
    return {
        RMSE: lambda drawn: np.sqrt((drawn @ squared) / (drawn @ count)),
        MAE: lambda drawn: (drawn @ absolute) / (drawn @ count),
    }


def _comparison(outcomes: tuple[Outcome, ...], names: Sequence[str]) -> Report:
    """Each of our methods against the best peer, by metric."""
    ours = [outcome for outcome in outcomes if outcome.ours]
    peers = [outcome for outcome in outcomes if not outcome.ours]
    if not ours or not peers:
        return {}
    return {outcome.name: _against(outcome, peers, names) for outcome in ours}


def _against(ours: Outcome, peers: list[Outcome], names: Sequence[str]) -> Report:
    mine, rated = ours.metrics.as_dict(), isinstance(ours.metrics, RatingMetrics)
    against = {}
    for name in names:
        best = (min if rated else max)(peers, key=lambda peer: peer.metrics.as_dict()[name])
        theirs = best.metrics.as_dict()[name]
        interval = _difference(name, ours.metrics, best.metrics)
        against[name] = {
            "ours": mine[name],
            "best_peer": best.name,
            "peer": theirs,
            "ratio": mine[name] / theirs if theirs else None,
            "difference": interval.estimate,
            "interval": [interval.low, interval.high],
        }
    return against


def _difference(name: str, ours: RankingMetrics | RatingMetrics, peer: RankingMetrics | RatingMetrics) -> Interval:
    """Ours minus the peer's, paired by user."""
    if isinstance(ours, RatingMetrics) and isinstance(peer, RatingMetrics):
        first, second = _error_statistics(ours)[name], _error_statistics(peer)[name]
        return bootstrap(lambda drawn: first(drawn) - second(drawn), len(ours.per_user))
    return difference_interval(ours.per_user[name], peer.per_user[name])


def _variants(variants: Mapping[str, RankingMetrics], usual: RankingMetrics) -> Report:
    """The variants of a method, each with the share of ndcg@10 that it loses against the method itself."""
    return {
        name: {**metrics.as_dict(), "loss": 1 - metrics.ndcg_10 / usual.ndcg_10 if usual.ndcg_10 else 0.0}
        for name, metrics in variants.items()
    }
