"""The cost of diversity: similarity within lists, and ndcg, at several degrees of diversity."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from pharos.classics.catalogue import Catalogue
from pharos.classics.documents import documents
from pharos.classics.scoring import Codes
from pharos.evaluation.folds import Fold
from pharos.evaluation.judging import wanted_items
from pharos.evaluation.metrics import SHOWN, ranking_metrics
from pharos.indexing.diversity import POOL, SIMILARITIES, Scale, mean_similarity, mmr, scaled
from pharos.indexing.index import FloatArray
from pharos.ingest.columns import Columns

DEGREES: Final = tuple(tenth / 10 for tenth in range(11))
CANDIDATES: Final = POOL
"""How many items of each user the lists are chosen from."""


@dataclass(frozen=True)
class Degree:
    """Lists at one degree of diversity.

    similarity: mean of the pairs in a list, averaged over the lists. common: share of their categories and tags that
    two items of a list have in common (Jaccard), averaged likewise; None where items have neither.
    """

    diversity: float
    similarity: float
    common: float | None
    ndcg_10: float


@dataclass(frozen=True)
class _Pool:
    """One user's candidates, as the arguments of `mmr`."""

    codes: Codes
    worth: FloatArray
    scale: Scale


def diversity_curve(
    fold: Fold,
    candidates: pd.DataFrame,
    vectors: FloatArray,
    *,
    log_odds: bool = False,
    degrees: Sequence[float] = DEGREES,
) -> list[Degree]:
    """The first ten items at each degree of diversity.

    candidates: the best `CANDIDATES` items of each user, from whatever stage, best first: columns user_id, item_id and
    score. vectors: float32 [items, d], each of length 1, in the order of `fold.known.items`. log_odds: whether
    differences of scores are those of log odds, as a ranking model's.
    """
    catalogue, wanted = Catalogue.of(fold.known), wanted_items(fold.held_out)
    labels = _labels(fold)
    pools = {str(user): _pool(part, catalogue, log_odds) for user, part in candidates.groupby(Columns.USER, sort=False)}
    curve = []
    for degree in degrees:
        lists = {
            user: pool.codes[mmr(pool.worth, vectors[pool.codes], SHOWN, degree, pool.scale)]
            for user, pool in pools.items()
        }
        curve.append(
            Degree(
                diversity=degree,
                similarity=float(np.mean([mean_similarity(vectors[codes]) for codes in lists.values()])),
                common=None if labels is None else float(np.mean([_mean_jaccard(labels[c]) for c in lists.values()])),
                ndcg_10=ranking_metrics(
                    {user: catalogue.items[codes].tolist() for user, codes in lists.items()},
                    wanted,
                    len(catalogue.items),
                ).ndcg_10,
            )
        )
    return curve


def _pool(part: pd.DataFrame, catalogue: Catalogue, log_odds: bool) -> _Pool:
    scores = part[Columns.SCORE].to_numpy(np.float32)
    scale = Scale.of_log_odds(scores) if log_odds else SIMILARITIES
    return _Pool(catalogue.item_codes(part[Columns.ITEM]), scaled(scores), scale)


def _labels(fold: Fold) -> csr_matrix | None:
    """Label matrix float32 [items, labels], 1 where an item has a category or tag; None where no item has any."""
    names = [document.labels for document in documents(fold.known)]
    columns = {name: column for column, name in enumerate(dict.fromkeys(name for row in names for name in row))}
    if not columns:
        return None
    pairs = [(item, columns[name]) for item, row in enumerate(names) for name in set(row)]
    items, places = (np.array(part) for part in zip(*pairs, strict=True))
    return csr_matrix((np.ones(len(pairs), np.float32), (items, places)), shape=(len(names), len(columns)))


def _mean_jaccard(labels: csr_matrix) -> float:
    """The mean Jaccard similarity over all pairs of rows; an empty row has 0 with every other."""
    shared = (labels @ labels.T).toarray()
    sizes = shared.diagonal()
    either = sizes[:, None] + sizes[None, :] - shared
    pairs: Codes = np.flatnonzero(~np.eye(len(sizes), dtype=bool))
    if not len(pairs):
        return 0.0
    return float(np.mean(shared.flat[pairs] / np.maximum(either.flat[pairs], 1.0)))
