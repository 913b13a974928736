"""The tuning fold and the final fold of each protocol."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pharos.evaluation.errors import EvaluationError
from pharos.ingest import splits
from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.ingest.errors import DataError
from pharos.ingest.history import digests, order, pair_keys
from pharos.ingest.sampling import sample_users

# The tenths, by digest, that stand in for a validation part where the protocol has none; those of the test parts are
# 3 (cold items) and 0 (ratings).
_TUNING_ITEMS = 7
_TUNING_RATINGS = 1


class Protocol(StrEnum):
    """How events are split into known and held-out ones."""

    CHRONOLOGICAL = "chronological"
    COLD = "cold"
    RATING = "rating"
    LEAVE_ONE_OUT = "leave-one-out"
    GLOBAL = "global"

    @property
    def is_ordered(self) -> bool:
        """Whether the protocol predicts later events from earlier ones."""
        return self not in (Protocol.COLD, Protocol.RATING)


class FittedOn(StrEnum):
    """The events that a method may be fitted on for the test part of `leave-one-out`."""

    TRAINING = "training"
    ALL = "all"


@dataclass(frozen=True)
class Fold:
    """One task: fit on `fitted`, answer with the histories in `known`, and be judged by `held_out`.

    known: the data set with the users' histories as interactions, each user's oldest first; their items are not
    recommended again. It has all items and users. held_out: interactions to be found, or to be rated; columns as in
    Dataset.interactions. candidates: [items], in the order of `known.items`, True for what may be listed; None
    where all may. training: as `known`, with only the interactions that may be learnt from; None where that is all
    that is known.
    """

    known: Dataset
    held_out: pd.DataFrame
    candidates: NDArray[np.bool_] | None = None
    training: Dataset | None = None

    @property
    def fitted(self) -> Dataset:
        """The events to fit on: `known`, unless fewer are allowed."""
        return self.known if self.training is None else self.training


@dataclass(frozen=True)
class Folds:
    """tuning: all choices are made here, on the training and validation parts. final: for the report alone."""

    tuning: Fold
    final: Fold


def folds(dataset: Dataset, protocol: Protocol, fitted_on: FittedOn | None = None) -> Folds:
    """The folds of a protocol.

    chronological, global: tune on training against validation; in the end learn from both, against test. leave-one-
    out: the same, but by default (`training`) nothing more is learnt in the end: the fit on the training part
    answers with the validation part in the histories. cold, rating: have no validation part, so a further tenth of
    items, or of ratings, is held out of the training part. fitted_on: for leave-one-out alone. Raises
    EvaluationError where it is given for another protocol, DataError where the data set has nothing to hold out.
    """
    if protocol is Protocol.LEAVE_ONE_OUT:
        return _leave_one_out(dataset, fitted_on or FittedOn.TRAINING)
    if fitted_on is not None:
        raise EvaluationError(
            f"what methods are fitted on ({fitted_on}) can be chosen for the protocol {Protocol.LEAVE_ONE_OUT} alone, "
            f"not for {protocol}"
        )
    return _FOLDS[protocol](dataset)


def judged_by(fold: Fold, most: int) -> Fold:
    """The same fold, judged by at most so many of its users, drawn at random."""
    held_out = fold.held_out
    people = sample_users(held_out[Columns.USER].unique(), most)
    return replace(fold, held_out=held_out[held_out[Columns.USER].isin(people)].reset_index(drop=True))


def _chronological(dataset: Dataset) -> Folds:
    return _validated(dataset, splits.chronological(dataset.interactions))


def _global(dataset: Dataset) -> Folds:
    if not dataset.schema.has_timestamp:
        raise DataError(f"the global protocol needs timestamps, and {dataset.name} has none")
    return _validated(dataset, splits.global_moment(dataset.interactions))


def _leave_one_out(dataset: Dataset, fitted_on: FittedOn) -> Folds:
    parts = _validated(dataset, splits.leave_one_out(dataset.interactions))
    if fitted_on is FittedOn.ALL:
        return parts
    return Folds(parts.tuning, replace(parts.final, training=parts.tuning.known))


def _validated(dataset: Dataset, split: splits.Split) -> Folds:
    """The folds of a split that has its own validation part."""
    known = pd.concat([split.train, split.validation])
    return Folds(_fold(dataset, split.train, split.validation), _fold(dataset, known, split.test))


def _cold(dataset: Dataset) -> Folds:
    split = splits.cold(dataset.interactions)
    items = dataset.items[Columns.ITEM]
    inner = _in_tenth(items, _TUNING_ITEMS)
    held_out = split.train[Columns.ITEM].isin(items[inner]).to_numpy()
    return Folds(
        tuning=_fold(dataset, split.train[~held_out], split.train[held_out], inner),
        final=_fold(dataset, split.train, split.test, splits.is_cold(items)),
    )


def _rating(dataset: Dataset) -> Folds:
    if not dataset.schema.has_rating:
        raise DataError(f"the rating protocol needs ratings, and {dataset.name} has none")
    split = splits.rating(dataset.interactions)
    inner = _in_tenth(pair_keys(split.train) + "|rating", _TUNING_RATINGS)
    return Folds(
        tuning=_fold(dataset, split.train[~inner], split.train[inner]),
        final=_fold(dataset, split.train, split.test),
    )


def _in_tenth(keys: pd.Series, tenth: int) -> NDArray[np.bool_]:
    chosen: NDArray[np.bool_] = digests(keys, len(keys)) % 10 == tenth
    return chosen


def _fold(
    dataset: Dataset, known: pd.DataFrame, held_out: pd.DataFrame, candidates: NDArray[np.bool_] | None = None
) -> Fold:
    for part, events in (("to learn from", known), ("to be judged by", held_out)):
        if events.empty:
            raise DataError(f"{dataset.name} has too few interactions: this protocol leaves none {part}")
    return Fold(replace(dataset, interactions=order(known)), held_out.reset_index(drop=True), candidates)


_FOLDS: dict[Protocol, Callable[[Dataset], Folds]] = {
    Protocol.CHRONOLOGICAL: _chronological,
    Protocol.COLD: _cold,
    Protocol.RATING: _rating,
    Protocol.GLOBAL: _global,
}
