"""What may be learnt from and what is held out: the two folds of each protocol."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ingest import splits
from ingest.columns import Columns
from ingest.dataset import Dataset
from ingest.errors import DataError
from ingest.history import digests, order, pair_keys

# The tenths, by digest, that stand in for a validation part where the protocol has none; those of the test parts are
# 3 (cold items) and 0 (ratings).
_TUNING_ITEMS = 7
_TUNING_RATINGS = 1


class Protocol(StrEnum):
    """What is asked of a method."""

    CHRONOLOGICAL = "chronological"
    COLD = "cold"
    RATING = "rating"


@dataclass(frozen=True)
class Fold:
    """One task: learn from `known`, and be judged by `held_out`.

    known: the data set with only those interactions that may be learnt from, each user's oldest first; all its items
        and users are there.
    held_out: interactions to be found, or to be rated; columns as in Dataset.interactions.
    candidates: [items], in the order of `known.items`, True for what may be listed; None where all may.
    """

    known: Dataset
    held_out: pd.DataFrame
    candidates: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Folds:
    """tuning: where all choices are made, within the training and validation parts. final: for the report alone."""

    tuning: Fold
    final: Fold


def folds(dataset: Dataset, protocol: Protocol) -> Folds:
    """The folds of a protocol.

    chronological: tune on training against validation; in the end learn from both, against test.
    cold, rating: have no validation part, so a further tenth of items, or of ratings, is held out of the training part.
    Raises DataError where the data set has nothing to hold out.
    """
    return _FOLDS[protocol](dataset)


def _chronological(dataset: Dataset) -> Folds:
    split = splits.chronological(dataset.interactions)
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
}
