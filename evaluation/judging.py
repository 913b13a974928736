"""Makes the lists and predictions of a fold, and computes their metrics."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from pharos.classics.catalogue import Catalogue
from pharos.classics.data import Floats
from pharos.classics.scoring import Codes, Scores, top_lists
from pharos.evaluation.contender import ScoreUsers
from pharos.evaluation.folds import Fold
from pharos.evaluation.metrics import DEPTH, RankingMetrics, RatingMetrics, ranking_metrics, rating_metrics
from pharos.ingest.columns import Columns

PredictPairs = Callable[[pd.DataFrame], Floats]


def recommend(fold: Fold, score: ScoreUsers, *, k: int = DEPTH, whole_catalogue: bool = False) -> pd.DataFrame:
    """The top k items of each user to be judged: columns user_id, item_id, rank (from 1) and score.

    score: gives float32 [users, items] for user ids. The user's items in `fold.known` are left out, and so are
    items that are no candidates, unless `whole_catalogue` is set.
    """
    catalogue = Catalogue.of(fold.known)
    wanted = np.unique(catalogue.user_codes(fold.held_out[Columns.USER]))
    allowed = None if whole_catalogue else fold.candidates

    def score_codes(codes: Codes) -> Scores:
        return score(catalogue.users[codes].tolist(), allowed)

    lists = list(top_lists(score_codes, wanted, catalogue.matrix(fold.known.interactions), k=k, allowed=allowed))
    lengths = [len(entry.items) for entry in lists]
    return pd.DataFrame(
        {
            Columns.USER: catalogue.users[np.repeat([entry.user for entry in lists], lengths)],
            Columns.ITEM: catalogue.items[np.concatenate([entry.items for entry in lists])],
            Columns.RANK: np.concatenate([np.arange(1, length + 1) for length in lengths]),
            Columns.SCORE: np.concatenate([entry.scores for entry in lists]),
        }
    )


def judge_lists(fold: Fold, lists: pd.DataFrame) -> RankingMetrics:
    """The metrics of the lists from `recommend`."""
    return ranking_metrics(by_user(lists), wanted_items(fold.held_out), len(fold.known.items))


def by_user(lists: pd.DataFrame) -> dict[str, list[str]]:
    """Item ids by user id, in the order of the rows."""
    return {str(user): items.tolist() for user, items in lists.groupby(Columns.USER, sort=False)[Columns.ITEM]}


def wanted_items(held_out: pd.DataFrame) -> dict[str, set[str]]:
    """Held-out item ids by user id."""
    return {str(user): set(items) for user, items in held_out.groupby(Columns.USER)[Columns.ITEM]}


def rate(fold: Fold, predict: PredictPairs) -> pd.DataFrame:
    """Predictions for the held-out ratings: columns user_id, item_id and prediction.

    A prediction outside the range of the known ratings is drawn to its end. Raises ValueError where one is not finite.
    """
    pairs = fold.held_out[[Columns.USER, Columns.ITEM]]
    predictions = np.asarray(predict(pairs), dtype=np.float64)
    if not np.isfinite(predictions).all():
        raise ValueError(f"{(~np.isfinite(predictions)).sum()} of {len(pairs)} predicted ratings are not finite")
    known = fold.known.interactions[Columns.RATING]
    return pairs.assign(**{Columns.PREDICTION: predictions.clip(float(known.min()), float(known.max()))})


def judge_ratings(fold: Fold, rated: pd.DataFrame) -> RatingMetrics:
    """The metrics of the predictions from `rate`."""
    held_out = fold.held_out
    return rating_metrics(
        held_out[Columns.USER].tolist(), held_out[Columns.RATING].to_numpy(), rated[Columns.PREDICTION].to_numpy()
    )
