"""Relevance: the scores of different sources on one scale from 0 to 1."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from pharos.indexing.diversity import SIMILARITIES, Scale, scaled
from pharos.indexing.index import FloatArray
from pharos.serving.pipeline.answers import RETRIEVED, Candidate, Source

_OF_RETRIEVAL: Final = frozenset(RETRIEVED)


def relevance(candidates: Sequence[Candidate]) -> FloatArray:
    """From 1 for the best to 0, never rising: float32 [n].

    Each source is scaled for itself, for a merged score and a mean rating cannot be compared, and those of retrieval as
    one; where others are mixed in the order of the candidates decides, and none is worth more than those before it.
    candidates: best first.
    """
    if all(candidate.source in _OF_RETRIEVAL for candidate in candidates):
        best_first = scaled(np.array([candidate.score for candidate in candidates], np.float32))
        return np.minimum.accumulate(best_first) if len(best_first) else best_first
    values = np.zeros(len(candidates), np.float32)
    one = dict.fromkeys(RETRIEVED, Source.PERSONAL)
    sources = np.array([one.get(candidate.source, candidate.source) for candidate in candidates], dtype=object)
    scores = np.array([candidate.score for candidate in candidates], np.float32)
    for source in dict.fromkeys(sources):
        of_source = sources == source
        values[of_source] = scaled(scores[of_source])
    return np.minimum.accumulate(values) if len(values) else values


def scale(candidates: Sequence[Candidate]) -> Scale:
    """The scale on which diversity weighs the relevance of these candidates against their similarity."""
    ranked = np.array([candidate.score for candidate in candidates if candidate.ranked], np.float32)
    return Scale.of_log_odds(ranked) if len(ranked) else SIMILARITIES
