"""One evaluation from end to end: every method tuned, fitted and judged on the same folds."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar, cast

import numpy as np
import pandas as pd

from pharos.classics.errors import Unfit
from pharos.classics.extras import MissingExtra
from pharos.classics.popularity import Popularity
from pharos.classics.sequential_neighbours import SequentialNeighbours
from pharos.evaluation.contender import Contender, Learner, RatingContender
from pharos.evaluation.diversity import CANDIDATES, Degree, diversity_curve
from pharos.evaluation.errors import EvaluationError
from pharos.evaluation.folds import FittedOn, Fold, Folds, Protocol, folds
from pharos.evaluation.judging import judge_lists, judge_ratings, rate, recommend
from pharos.evaluation.metrics import RankingMetrics, RatingMetrics
from pharos.evaluation.ties import Ties, ties
from pharos.evaluation.tuning import Tuning
from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.towers.progress import Progress

T = TypeVar("T")

_UNDER_SHUFFLED_TIES = (Popularity.name, SequentialNeighbours.name)
"""Methods that are fast to fit: one that ignores the order, and the one that depends on it most."""


@dataclass(frozen=True)
class Outcome:
    """The results of one method.

    answers: its lists (user_id, item_id, rank, score), or its predictions (user_id, item_id, prediction). seconds:
    by stage: tuning, fitting, answering. variants: metrics of its variants, by name. cold_share: the share of cold
    items in its lists over the whole catalogue, for the cold protocol only. diversity: its lists at every degree of
    diversity, for the chronological protocol and a method with item vectors.
    """

    name: str
    ours: bool
    tuning: Tuning
    metrics: RankingMetrics | RatingMetrics
    answers: pd.DataFrame
    seconds: Mapping[str, float]
    variants: Mapping[str, RankingMetrics] = field(default_factory=dict)
    cold_share: float | None = None
    diversity: tuple[Degree, ...] = ()


@dataclass(frozen=True)
class LeftOut:
    """A method that could not take part, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Evaluation:
    """The results of all methods on the final fold of a protocol, at least one; ours come first.

    fitted_on: for the protocol leave-one-out alone. budget: see `evaluate`. ties: None where events have no order.
    """

    dataset: Dataset
    protocol: Protocol
    fitted_on: FittedOn | None
    fold: Fold
    budget: float
    outcomes: tuple[Outcome, ...]
    left_out: tuple[LeftOut, ...] = ()
    ties: Ties | None = None


def evaluate(
    dataset: Dataset,
    protocol: Protocol,
    ours: Sequence[Learner],
    peers: Sequence[Learner],
    *,
    fitted_on: FittedOn | None = None,
    budget: float,
    progress: Progress,
) -> Evaluation:
    """Run every method on the folds of a protocol.

    ours, peers: `RatingContender` for the protocol rating, `Contender` for all others; fitted_on: see `folds`;
    budget: seconds after which a method may begin no further configuration. A method that lacks a library or data it
    needs is left out with its reason. Raises DataError where the data set has nothing to hold out, EvaluationError
    where no method is left, or `fitted_on` is not for this protocol.
    """
    if protocol is Protocol.LEAVE_ONE_OUT:
        fitted_on = fitted_on or FittedOn.TRAINING
    parts = folds(dataset, protocol, fitted_on)
    outcomes, left_out, refitted = list[Outcome](), list[LeftOut](), list[Contender]()
    for learner in (*ours, *peers):
        progress.say(f"{learner.name} ...")
        try:
            outcome = _run(learner, parts, protocol, learner in ours, budget, progress)
        except (Unfit, MissingExtra) as error:
            left_out.append(LeftOut(learner.name, str(error)))
            progress.say(f"  left out: {error}")
        else:
            outcomes.append(outcome)
            if learner.name in _UNDER_SHUFFLED_TIES:
                refitted.append(cast(Contender, learner))
            progress.say(f"  {describe(outcome.metrics)}  ({sum(outcome.seconds.values()):.0f} s)")
    if not outcomes:
        reasons = "; ".join(entry.reason for entry in left_out) or "none was asked for"
        raise EvaluationError(f"no method can take part in the {protocol} protocol: {reasons}")
    tied = ties(dataset, protocol, fitted_on, refitted, progress=progress)
    return Evaluation(dataset, protocol, fitted_on, parts.final, budget, tuple(outcomes), tuple(left_out), tied)


def describe(metrics: RankingMetrics | RatingMetrics) -> str:
    """The main metrics, for people."""
    names = ("rmse", "mae") if isinstance(metrics, RatingMetrics) else ("ndcg@10", "recall@10", "recall@100")
    figures = metrics.as_dict()
    return "  ".join(f"{name} {figures[name]:.4f}" for name in names)


def _run(learner: Learner, parts: Folds, protocol: Protocol, ours: bool, budget: float, progress: Progress) -> Outcome:
    watch = _Stages()
    tuning = watch.time("tuning", lambda: learner.fit_for_validation(parts.tuning, budget=budget, progress=progress))
    final = parts.final
    watch.time("fitting", lambda: learner.fit_final(final.known, final.fitted, progress=progress))
    if protocol is Protocol.RATING:
        predict = cast(RatingContender, learner).predict
        rated = watch.time("answering", lambda: rate(parts.final, predict))
        return Outcome(learner.name, ours, tuning, judge_ratings(parts.final, rated), rated, watch.seconds)
    contender, fold = cast(Contender, learner), parts.final
    lists = watch.time("answering", lambda: recommend(fold, contender.score))
    variants = {name: judge_lists(fold, recommend(fold, ask)) for name, ask in contender.variants().items()}
    return Outcome(
        learner.name,
        ours,
        tuning,
        judge_lists(fold, lists),
        lists,
        watch.seconds,
        variants,
        cold_share=_cold_share(fold, contender),
        diversity=_diversity(fold, contender) if protocol is Protocol.CHRONOLOGICAL else (),
    )


def _cold_share(fold: Fold, contender: Contender) -> float | None:
    if fold.candidates is None:
        return None
    everywhere = recommend(fold, contender.score, whole_catalogue=True)
    cold = fold.known.items[Columns.ITEM][fold.candidates]
    return float(np.mean(everywhere[Columns.ITEM].isin(cold)))


def _diversity(fold: Fold, contender: Contender) -> tuple[Degree, ...]:
    pool = contender.pool()
    if pool is None:
        return ()
    candidates = recommend(fold, pool.score, k=CANDIDATES)
    return tuple(diversity_curve(fold, candidates, pool.vectors, log_odds=pool.log_odds))


class _Stages:
    """A stopwatch: seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def time(self, stage: str, work: Callable[[], T]) -> T:
        start = time.perf_counter()
        result = work()
        self.seconds[stage] = time.perf_counter() - start
        return result
