"""The ranking stage: the candidates in the order of the bundle's ranking model."""

from collections.abc import Sequence

import numpy as np

from pharos.indexing.index import FloatArray
from pharos.serving.index_sync.live_index import Generation
from pharos.serving.pipeline.answers import RETRIEVED, Candidate
from pharos.serving.pipeline.encode import EncodedPerson
from pharos.towers.bundle.bundle import Bundle
from pharos.towers.ranking.features import Retrieved


class RankCandidates:
    """Scores all retrieved candidates of a request in one call; candidates of other sources keep their places."""

    def __call__(
        self, generation: Generation, person: EncodedPerson, candidates: Sequence[Candidate]
    ) -> Sequence[Candidate]:
        """The same candidates; unchanged where the bundle has no ranker or the person no history."""
        places = [place for place, candidate in enumerate(candidates) if _can_be_scored(candidate)]
        chosen = [candidates[place] for place in places]
        scores = ranking_scores(
            generation.bundle,
            person,
            [candidate.item_id for candidate in chosen],
            [candidate.vector for candidate in chosen],
            [candidate.score for candidate in chosen],
            [candidate.parts for candidate in chosen],
        )
        if scores is None:
            return candidates
        order = np.argsort(-scores, kind="stable")
        ordered = list(candidates)
        for place, best in zip(places, order.tolist(), strict=True):
            ordered[place] = chosen[best].ranked_by(float(scores[best]))
        return ordered


def ranking_scores(
    bundle: Bundle,
    person: EncodedPerson,
    item_ids: Sequence[str],
    vectors: Sequence[FloatArray | None],
    score: Sequence[float] | FloatArray,
    parts: Sequence[FloatArray | None] | FloatArray,
) -> FloatArray | None:
    """The ranker's scores of n candidates of one list, float32 [n]; None where there is nothing to rank them by.

    vectors: of the item tower, score and parts: as `Merged` has them.
    """
    if bundle.ranker is None or not person.query.history or not len(item_ids):
        return None
    retrieved = Retrieved(np.asarray(score, np.float32), np.asarray(parts, np.float32))
    query = bundle.ranker.query(person.query, person.vector)
    return bundle.ranker.score(query, item_ids, np.asarray(vectors, np.float32), retrieved)


def _can_be_scored(candidate: Candidate) -> bool:
    return candidate.parts is not None and candidate.vector is not None and candidate.source in RETRIEVED
