"""Events of one user with equal timestamps: how much the metrics depend on their unknown order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pharos.evaluation.contender import Contender
from pharos.evaluation.folds import FittedOn, Protocol, folds
from pharos.evaluation.judging import judge_lists, recommend
from pharos.evaluation.metrics import RankingMetrics
from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.towers.progress import Progress

SEEDS = (1, 2, 3)
_PAIR = [Columns.USER, Columns.ITEM]


@dataclass(frozen=True)
class Ties:
    """The effect of equal timestamps.

    events: how many share their timestamp with another event of the same user; share: of all events. moved: the
    share of held-out events that change when tied events are shuffled, averaged over the seeds. shuffled: by
    method, its metrics for each seed, refitted with its chosen settings.
    """

    events: int
    share: float
    moved: float = 0.0
    shuffled: Mapping[str, tuple[RankingMetrics, ...]] | None = None


def ties(
    dataset: Dataset,
    protocol: Protocol,
    fitted_on: FittedOn | None,
    contenders: Sequence[Contender],
    *,
    progress: Progress,
) -> Ties | None:
    """Count the ties, and refit on shuffled ones; None for protocols or data sets without an order of events.

    contenders: tuned before, and cheap to fit: they are fitted once for each seed, and are left fitted to the last.
    """
    if not (protocol.is_ordered and dataset.schema.has_timestamp):
        return None
    tied = tied_events(dataset.interactions)
    if not tied:
        return Ties(0, 0.0)
    told = _pairs(folds(dataset, protocol, fitted_on).final.held_out)
    moved, reached = [], {contender.name: list[RankingMetrics]() for contender in contenders}
    for seed in SEEDS:
        fold = folds(shuffled(dataset, seed), protocol, fitted_on).final
        moved.append(1 - float(_pairs(fold.held_out).isin(told).mean()))
        for contender in contenders:
            contender.fit_final(fold.known, fold.fitted, progress=progress)
            reached[contender.name].append(judge_lists(fold, recommend(fold, contender.score)))
    figures = {name: tuple(metrics) for name, metrics in reached.items()}
    return Ties(tied, tied / len(dataset.interactions), float(np.mean(moved)), figures)


def tied_events(interactions: pd.DataFrame) -> int:
    """How many events share their timestamp with another of the same user."""
    return int(interactions.duplicated([Columns.USER, Columns.TIMESTAMP], keep=False).sum())


def shuffled(dataset: Dataset, seed: int) -> Dataset:
    """The events in a random order of rows, which decides between equal timestamps."""
    return replace(dataset, interactions=dataset.interactions.sample(frac=1, random_state=seed, ignore_index=True))


def _pairs(events: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(events[_PAIR])
