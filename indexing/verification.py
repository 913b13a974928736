"""Verifies a new collection against the uploaded points, before the alias points to it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from pharos.indexing.errors import VerificationFailed
from pharos.indexing.index import FloatArray, Hit, Point, SourceQuery, VectorIndex
from pharos.indexing.sparse import SparseVector

MINIMUM_RECALL: Final = 0.95
_CANARIES: Final = 64
_NEIGHBOURS: Final = 10
# The engines sum in another order than numpy.
_TOLERANCE: Final = 1e-4


@dataclass
class _Nearest:
    """The exact nearest neighbours of the canaries by one vector, among all points so far."""

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


@dataclass
class _NearestSparse:
    """As `_Nearest`, for a sparse vector. best: 0 where fewer share a dimension with the canary.

    dimensions: those that the canaries use, of billions, ascending. matrix: the canaries over these, csr.
    """

    canaries: dict[str, SparseVector] = field(default_factory=dict)
    best: FloatArray = field(default_factory=lambda: np.empty((0, 0), dtype=np.float32))
    dimensions: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    matrix: csr_matrix = field(default_factory=lambda: csr_matrix(np.zeros((0, 0), np.float32)))

    def add(self, ids: Sequence[str], vectors: Sequence[SparseVector]) -> None:
        if not self.canaries:
            chosen = np.unique(np.linspace(0, len(ids) - 1, _CANARIES).astype(int))
            self.canaries = {ids[row]: vectors[row] for row in chosen}
            self.best = np.zeros((len(chosen), _NEIGHBOURS), dtype=np.float32)
            sent = list(self.canaries.values())
            self.dimensions = np.unique(np.concatenate([vector.indices for vector in sent]))
            self.matrix = _matrix(sent, self.dimensions)
        scores = (self.matrix @ _matrix(vectors, self.dimensions).T.tocsr()).toarray()
        merged = -np.sort(-np.hstack([self.best, scores]), axis=1)
        self.best = merged[:, :_NEIGHBOURS]


class Canaries:
    """A sample of the uploaded items, with the exact results of searches by their vectors.

    The answers are computed with numpy as the upload passes by, so that the vectors are never all in memory; scores are
    kept rather than ids, since neighbours of equal score are equally right.
    """

    def __init__(self) -> None:
        self.count = 0
        self._nearest: dict[str, _Nearest] = {}
        self._nearest_sparse: dict[str, _NearestSparse] = {}

    def add(self, points: Sequence[Point]) -> None:
        """Add uploaded points, each item once."""
        self.count += len(points)
        for name in {name for point in points for name in point.vectors}:
            holders = [point for point in points if name in point.vectors]
            vectors = np.stack([point.vectors[name] for point in holders])
            self._nearest.setdefault(name, _Nearest()).add([point.item_id for point in holders], vectors)
        held: dict[str, dict[str, SparseVector]] = {}
        for point in points:
            for name, vector in point.sparse.items():
                if len(vector):
                    held.setdefault(name, {})[point.item_id] = vector
        for name, vectors_held in held.items():
            nearest = self._nearest_sparse.setdefault(name, _NearestSparse())
            nearest.add(list(vectors_held), list(vectors_held.values()))

    def verify(self, index: VectorIndex, collection: str, *, minimum_recall: float = MINIMUM_RECALL) -> float:
        """Verify the collection; returns the recall of its searches, the lowest over its vectors, from 0 to 1.

        Checks that there are items, that all have arrived, that the canaries are stored as they were sent, that an
        exact search agrees with numpy, as one by a sparse vector always must, and that a usual search finds enough of
        what an exact one does. Raises VerificationFailed with every problem found.
        """
        problems: list[str] = []
        stored = index.count(collection)
        if not self.count:
            problems.append("there are no items")
        if stored != self.count:
            problems.append(f"it holds {stored} items, not {self.count}")
        recalls = [self._verify_vector(index, collection, name, problems) for name in self._nearest]
        for name in self._nearest_sparse:
            self._verify_sparse(index, collection, name, problems)
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

    def _verify_sparse(self, index: VectorIndex, collection: str, name: str, problems: list[str]) -> None:
        nearest = self._nearest_sparse[name]
        points = index.fetch(collection, nearest.canaries, with_vectors=(name,), with_payload=False)
        damaged = [id for id, vector in nearest.canaries.items() if not _is_held(points.get(id), name, vector)]
        if damaged:
            problems.append(f"vector {name!r} of item {damaged[0]!r} is not what was uploaded ({len(damaged)} such)")
        queries = [SourceQuery(vector, name, _NEIGHBOURS) for vector in nearest.canaries.values()]
        if not _agree_above_zero(index.search_sources(collection, queries), nearest.best):
            problems.append(f"a search by vector {name!r} differs from scipy's")


def _matrix(vectors: Sequence[SparseVector], dimensions: NDArray[np.int64]) -> csr_matrix:
    """Vectors as rows over the given dimensions alone: csr [n, dimensions]."""
    starts = np.cumsum([0, *(len(vector) for vector in vectors)])
    indices = np.concatenate([vector.indices for vector in vectors])
    columns = np.minimum(np.searchsorted(dimensions, indices), len(dimensions) - 1)
    kept = dimensions[columns] == indices
    values = np.concatenate([vector.values for vector in vectors])[kept]
    # The rows are in order, and the columns in each: so nothing has to be sorted.
    starts = np.append(0, np.cumsum(kept))[starts]
    return csr_matrix((values, columns[kept], starts), shape=(len(vectors), len(dimensions)))


def _is_held(point: Point | None, name: str, vector: SparseVector) -> bool:
    return (
        point is not None
        and name in point.sparse
        and np.array_equal(point.sparse[name].indices, vector.indices)
        and np.allclose(point.sparse[name].values, vector.values, rtol=0, atol=_TOLERANCE)
    )


def _agree_above_zero(answers: Sequence[Sequence[Hit]], best: FloatArray) -> bool:
    """Whether the scores are the best ones, zeros aside: engines leave out points without a shared dimension."""
    for hits, wanted in zip(answers, best, strict=True):
        found = np.zeros(len(wanted))
        found[: len(hits)] = [max(hit.score, 0) for hit in hits]
        if not np.allclose(found, np.maximum(wanted, 0), rtol=_TOLERANCE, atol=_TOLERANCE):
            return False
    return True


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
    """The recall of the results by score, from 0 to 1. best: float32 [n, limit], best first."""
    reached = [
        sum(hit.score >= worst - _TOLERANCE for hit in hits) for hits, worst in zip(answers, best[:, -1], strict=True)
    ]
    return float(np.sum(reached) / best.size)
