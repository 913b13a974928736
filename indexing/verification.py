"""Holds a freshly built collection against what was uploaded, before anyone is sent to it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from indexing.errors import VerificationFailed
from indexing.index import FloatArray, Hit, Point, VectorIndex

MINIMUM_RECALL: Final = 0.95
_CANARIES: Final = 64
_NEIGHBOURS: Final = 10
# The engines sum in another order than numpy.
_TOLERANCE: Final = 1e-4


@dataclass
class _Nearest:
    """The exact nearest neighbours of the canaries by one vector, of all that has passed so far."""

    canaries: dict[str, FloatArray] = field(default_factory=dict)
    best: FloatArray = field(default_factory=lambda: np.empty((0, 0), dtype=np.float32))

    def add(self, ids: Sequence[str], vectors: FloatArray) -> None:
        if not self.canaries:
            chosen = np.unique(np.linspace(0, len(ids) - 1, _CANARIES).astype(int))
            self.canaries = {ids[row]: vectors[row] for row in chosen}
            self.best = np.empty((len(chosen), 0), dtype=np.float32)
        scores = np.stack(list(self.canaries.values())) @ vectors.T
        merged = -np.sort(-np.hstack([self.best, scores]), axis=1)
        self.best = merged[:, :_NEIGHBOURS]


class Canaries:
    """A few of the uploaded items, and the exact answers to searches by their vectors.

    The answers are computed with numpy as the upload passes by, so that the vectors are never all in memory; scores are
    kept rather than ids, since neighbours of equal score are equally right.
    """

    def __init__(self) -> None:
        self.count = 0
        self._nearest: dict[str, _Nearest] = {}

    def add(self, points: Sequence[Point]) -> None:
        """Take in points as they are uploaded, each item once."""
        self.count += len(points)
        for name in {name for point in points for name in point.vectors}:
            holders = [point for point in points if name in point.vectors]
            vectors = np.stack([point.vectors[name] for point in holders])
            self._nearest.setdefault(name, _Nearest()).add([point.item_id for point in holders], vectors)

    def verify(self, index: VectorIndex, collection: str, *, minimum_recall: float = MINIMUM_RECALL) -> float:
        """The recall of the collection's searches, the lowest over its vectors, from 0 to 1.

        Checks that there are items, that all have arrived, that the canaries are stored as they were sent, that an
        exact search agrees with numpy, and that a usual search finds enough of what an exact one does. Raises
        VerificationFailed with every problem found.
        """
        problems: list[str] = []
        stored = index.count(collection)
        if not self.count:
            problems.append("there are no items")
        if stored != self.count:
            problems.append(f"it holds {stored} items, not {self.count}")
        recalls = [self._verify_vector(index, collection, name, problems) for name in self._nearest]
        recall = min(recalls, default=0.0)
        if recalls and recall < minimum_recall:
            problems.append(f"its recall is {recall:.3f}, less than {minimum_recall}")
        if problems:
            raise VerificationFailed(collection, problems)
        return recall

    def _verify_vector(self, index: VectorIndex, collection: str, name: str, problems: list[str]) -> float:
        nearest = self._nearest[name]
        sent = np.stack(list(nearest.canaries.values()))
        points = index.fetch(collection, nearest.canaries, with_vectors=(name,), with_payload=False)
        damaged = [id for id, vector in nearest.canaries.items() if not _is_stored(points.get(id), name, vector)]
        if damaged:
            problems.append(f"vector {name!r} of item {damaged[0]!r} is not what was uploaded ({len(damaged)} such)")
        limit = nearest.best.shape[1]
        exact = index.search_many(collection, sent, using=name, limit=limit, exact=True, with_payload=False)
        if not _agree(exact, nearest.best):
            problems.append(f"an exact search by vector {name!r} differs from numpy's")
        usual = index.search_many(collection, sent, using=name, limit=limit, with_payload=False)
        return _found(usual, nearest.best)


def _is_stored(point: Point | None, name: str, vector: FloatArray) -> bool:
    return (
        point is not None
        and name in point.vectors
        and np.allclose(point.vectors[name], vector, rtol=0, atol=_TOLERANCE)
    )


def _agree(answers: Sequence[Sequence[Hit]], best: FloatArray) -> bool:
    scores = [[hit.score for hit in hits] for hits in answers]
    return all(
        len(found) == len(wanted) and np.allclose(found, wanted, rtol=0, atol=_TOLERANCE)
        for found, wanted in zip(scores, best, strict=True)
    )


def _found(answers: Sequence[Sequence[Hit]], best: FloatArray) -> float:
    """The share of the best scores that the answers reach, from 0 to 1. best: float32 [n, limit], best first."""
    reached = [
        sum(hit.score >= worst - _TOLERANCE for hit in hits) for hits, worst in zip(answers, best[:, -1], strict=True)
    ]
    return float(np.sum(reached) / best.size)
