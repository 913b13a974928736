"""The ranking stage: the candidates in the order of the bundle's ranking model."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pharos.indexing.index import FloatArray
from pharos.serving.index_sync.live_index import Generation
from pharos.serving.pipeline.candidates import Merged
from pharos.serving.pipeline.encode import EncodedPerson
from pharos.towers.bundle.bundle import Bundle
from pharos.towers.ranking.features import Retrieved


class RankCandidates:
    """Scores all retrieved candidates of a request in one call."""

    def __call__(self, generation: Generation, person: EncodedPerson, found: Merged) -> Merged:
        """The same candidates, best first; unchanged where the bundle has no ranker or the person no history.

        found: with vectors.
        """
        if found.vectors is None:
            return found
        scores = ranking_scores(generation.bundle, person, found.rows, found.vectors, found.score, found.parts)
        if scores is None:
            return found
        return replace(found, score=scores, ranked=True).at(np.argsort(-scores, kind="stable"))


def ranking_scores(
    bundle: Bundle,
    person: EncodedPerson,
    rows: NDArray[np.int64],
    vectors: FloatArray,
    score: FloatArray,
    parts: FloatArray,
) -> FloatArray | None:
    """The ranker's scores of n candidates of one list, float32 [n]; None where there is nothing to rank them by.

    rows: int64 [n], in the training catalogue; vectors: float32 [n, d], of the item tower; score: float32 [n], and
    parts: float32 [n, SOURCES], of the retrieval.
    """
    if bundle.ranker is None or not person.query.history or not len(rows):
        return None
    query = bundle.ranker.query(person.query, person.vector, person.rows)
    return bundle.ranker.score(query, rows, vectors, Retrieved(score, parts))
