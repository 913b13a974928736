"""The interface of every method in a comparison, ours and peers alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pharos.classics.data import Floats
from pharos.classics.scoring import Scores
from pharos.evaluation.folds import Fold
from pharos.evaluation.tuning import Tuning
from pharos.indexing.index import FloatArray
from pharos.ingest.dataset import Dataset
from pharos.towers.progress import Progress

Allowed = NDArray[np.bool_]


class ScoreUsers(Protocol):
    """A function that scores the whole catalogue for users by id."""

    def __call__(self, users: Sequence[str], allowed: Allowed | None = None) -> Scores:
        """Scores float32 [len(users), items], -inf for items that a list must not contain.

        allowed: bool [items], the candidates; a method that scores each item independently may ignore it.
        """


@dataclass(frozen=True)
class Pool:
    """The candidates that diverse lists are made from.

    vectors: float32 [items, d], each of length 1; score: as `Contender.score`, for as many items as there are to choose
    from; log_odds: whether differences of scores are differences of log odds.
    """

    vectors: FloatArray
    score: ScoreUsers
    log_odds: bool


class Learner(Protocol):
    """What all contenders share: fitting. name: as reports show it."""

    name: str

    def fit_for_validation(self, fold: Fold, *, budget: float, progress: Progress) -> Tuning:
        """Choose settings: fit on `fold.fitted`, judge on `fold.held_out`; start no attempt after `budget` seconds."""

    def fit_final(self, known: Dataset, fitted: Dataset, *, progress: Progress) -> None:
        """Fit on `fitted` with the chosen settings; from then on answer with the histories of `known`.

        The two are one object where all that is known may be learnt from. Else `fitted` is what the fit for validation
        learnt from: `known` then has later events, for the histories alone.
        """


class Contender(Learner, Protocol):
    """A method that ranks items: for every protocol but `rating`."""

    def score(self, users: Sequence[str], allowed: Allowed | None = None) -> Scores:
        """Scores of the whole catalogue: float32 [len(users), items], in the order of `known.items`; see `ScoreUsers`.

        users: any of `known.users`, with or without a history. NaN is refused.
        """

    def variants(self) -> Mapping[str, ScoreUsers]:
        """Variants of the fitted method by name, judged beside `score`; most contenders have none."""

    def pool(self) -> Pool | None:
        """The candidates for diverse lists; None for methods without item vectors."""


class RatingContender(Learner, Protocol):
    """A method that predicts ratings: for the protocol `rating`."""

    def predict(self, pairs: pd.DataFrame) -> Floats:
        """Predict the ratings of pairs (columns user_id and item_id): float64 [len(pairs)], all finite."""
