"""Features that the ranking model reads of a candidate and a user's history.

Nothing here depends on the axes of the towers' vectors, only on angles between them: a ranking model that learnt from
one fit of the towers reads those of the next fit all the same, and a new item as well as an old one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from pharos.towers.histories.context import HistoryScale
from pharos.towers.histories.sequences import Sequences
from pharos.towers.neighbours.cooccurrence import Cooccurrence
from pharos.towers.neighbours.pairs import Pairs
from pharos.towers.ranking.event_times import EventTimes
from pharos.towers.ranking.feature_names import ITEM, LIKENESS, PAIRS, PARTS, TIME, WIDTH, RankFeature

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

SHARPNESS: Final = 8.0
"""How strongly attention prefers past items that are like the candidate."""

_FADING: Final = (5.0, 20.0)
_LONGEST: Final = 200
"""The newest events that are looked at."""
_NEXT: Final = 50
"""The newest of these, from which sequential features are made."""

_DAY: Final = 86_400
_WINDOWS: Final = (365 * _DAY, 30 * _DAY)
"""Seconds before a person's moment in which events are counted, beside all before it."""

_GRANTED: Final = 5
"""Average events added to every item, so that a single event has little weight."""


@dataclass(frozen=True)
class RankQuery:
    """A user as the ranking model reads one.

    vector: float32 [d], the user tower's; rows: int64 [l], the history's items in the training catalogue, -1 for
    unknown ones, the oldest first; vectors: float32 [l, d], the item tower's; ratings: float32 [l], standardised.
    moment: unix seconds of the newest event, None where events have no time.
    """

    vector: Floats
    rows: Rows
    vectors: Floats
    ratings: Floats
    moment: int | None = None


@dataclass(frozen=True)
class Retrieved:
    """How n candidates were retrieved. score: float32 [n], merged; parts: float32 [n, SOURCES], of each source."""

    score: Floats
    parts: Floats


@dataclass(frozen=True)
class RankTables:
    """Statistics of n items, and of item pairs, from the training events.

    counts: float32 [n]; means: float32 [n], of standardised ratings; places: float32 [n, 2], how far into people's
    histories an item comes, as the mean of ln(1 + events before it) and of the share of events before it; times: when
    items had their events.
    """

    counts: Floats
    means: Floats
    places: Floats
    together: Cooccurrence
    following: Cooccurrence
    times: EventTimes

    @classmethod
    def of(cls, sequences: Sequences, items: int, scale: HistoryScale) -> Self:
        """Count the training events; items: the size of the training catalogue."""
        counts = np.bincount(sequences.item, minlength=items)
        ratings = np.bincount(sequences.item, scale.ratings(sequences.rating), items)
        return cls(
            counts.astype(np.float32),
            (ratings / (counts + _GRANTED)).astype(np.float32),
            _mean_positions(sequences, counts),
            *Cooccurrence.of(Pairs(sequences, items)),
            EventTimes.of(sequences, timed=scale.timed),
        )

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """The tables as named arrays, to be saved."""
        pairs = {**self.together.arrays("together"), **self.following.arrays("following")}
        return {"counts": self.counts, "means": self.means, "places": self.places, **pairs, **self.times.arrays()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> Self:
        """The inverse of `arrays`."""
        together, following = (Cooccurrence.from_arrays(arrays, name) for name in ("together", "following"))
        counts, means, places = (arrays[name].astype(np.float32) for name in ("counts", "means", "places"))
        return cls(counts, means, places, together, following, EventTimes.from_arrays(arrays))


def features(query: RankQuery, rows: Rows, vectors: Floats, retrieved: Retrieved, tables: RankTables) -> Floats:
    """Ranking features of n candidates for one user: float32 [n, WIDTH].

    rows: int64 [n], the candidates in the training catalogue, -1 for those it does not have; vectors: float32 [n, d].
    """
    score, cosine = retrieved.score, vectors @ query.vector
    order = np.empty(len(rows), np.float32)
    order[np.argsort(-score, kind="stable")] = np.arange(len(rows), dtype=np.float32)
    out = np.empty((len(rows), WIDTH), np.float32)
    out[:, RankFeature.MERGED_SCORE] = score
    out[:, RankFeature.MERGED_SCORE_IN_LIST] = _standardised(score)
    out[:, RankFeature.RETRIEVAL_RANK] = np.log1p(order)
    out[:, LIKENESS] = _similarity_features(query, vectors)
    out[:, PAIRS] = _cooccurrence_features(query, rows, tables)
    out[:, ITEM] = _item_features(query, rows, tables)
    out[:, TIME] = np.log1p(tables.times.counts(rows, query.moment, _WINDOWS))
    out[:, RankFeature.HISTORY_LENGTH] = np.log1p(len(query.rows)) / 5
    out[:, RankFeature.HISTORY_RATING] = query.ratings.mean() if len(query.ratings) else 0.0
    out[:, RankFeature.TOWER_COSINE] = cosine
    out[:, RankFeature.TOWER_COSINE_IN_LIST] = _standardised(cosine)
    out[:, PARTS] = retrieved.parts
    return out


def attention(query: RankQuery, vectors: Floats) -> Floats:
    """Attention of each candidate to the newest past items: float32 [n, l'], each row sums to 1.

    vectors: float32 [n, d], the candidates'. l' is l, or the most events that are looked at.
    """
    weights = _unscaled_attention(vectors @ query.vectors[-_LONGEST:].T)
    return weights / _nonzero(weights.sum(axis=1, keepdims=True))


def _unscaled_attention(likeness: Floats) -> Floats:
    weights = likeness * np.float32(SHARPNESS)
    weights -= np.float32(SHARPNESS)
    np.exp(weights, out=weights)
    weights *= _recency_weights(likeness.shape[1], _FADING[1])
    return weights


@lru_cache(maxsize=1024)
def _recency_weights(length: int, scale: float) -> Floats:
    return np.exp(-np.arange(length, dtype=np.float32)[::-1] / np.float32(scale))


def _similarity_features(query: RankQuery, vectors: Floats) -> Floats:
    """Features from the similarity of candidates to past items: float32 [n, 11]."""
    past, ratings = query.vectors[-_LONGEST:], query.ratings[-_LONGEST:]
    if not len(past):
        return np.zeros((len(vectors), 11), np.float32)
    likeness = vectors @ past.T
    own = ratings - query.ratings.mean()
    everywhere = np.ones(len(past), np.float32)
    fading = [_recency_weights(len(past), scale) for scale in _FADING]
    shares = np.stack([everywhere, *fading, np.maximum(own, 0), np.maximum(-own, 0)])
    shares /= np.maximum(shares.sum(axis=1, keepdims=True), np.float32(1e-6))
    out = np.empty((len(vectors), 11), np.float32)
    out[:, :5] = likeness @ shares.T
    for place in (1, 2, 3):
        out[:, 4 + place] = likeness[:, -min(place, len(past))]
    out[:, 8] = likeness.max(axis=1)
    # The attention's sums are brought to 1 after adding up: the table is large, and each pass over it costs.
    weights = _unscaled_attention(likeness)
    total, out[:, 10] = (weights @ np.stack([everywhere, own], axis=1)).T
    out[:, 9] = np.einsum("nl,nl->n", weights, likeness)
    out[:, 9:] /= _nonzero(total)[:, None]
    return out


def _cooccurrence_features(query: RankQuery, rows: Rows, tables: RankTables) -> Floats:
    """Features from co-occurrence of past items and candidates in all users' histories: float32 [n, 9]."""
    past = query.rows[-_LONGEST:]
    together, following = _pair_shares(len(past))
    out = np.empty((len(rows), 9), np.float32)
    out[:, :3] = tables.together.sums(past, together, rows)
    out[:, 3:7] = 100 * tables.following.sums(past[-_NEXT:], following, rows)
    np.log1p(out[:, :7], out=out[:, :7])
    out[:, 7], out[:, 8] = _standardised(out[:, 0]), _standardised(out[:, 4])
    return out


@lru_cache(maxsize=1024)
def _pair_shares(length: int) -> tuple[Floats, Floats]:
    """What each past item counts in the sums of pair weights: float32 [length, 3], and each of the newest: [.., 4]."""
    lag = np.arange(length)[::-1]
    steps = lag[-_NEXT:]
    return (
        _columns([lag >= 0, lag < 50, lag < 10]),
        _columns([steps == 0, 0.8**steps, steps < 20, steps >= 0]),
    )


def _item_features(query: RankQuery, rows: Rows, tables: RankTables) -> Floats:
    """Features of the candidates alone, such as popularity and usual place in histories: float32 [n, 5]."""
    out = np.empty((len(rows), 5), np.float32)
    out[:, 0], out[:, 1], out[:, 2:4] = np.log1p(tables.counts[rows]), tables.means[rows], tables.places[rows]
    out[:, 4] = out[:, 2] - np.log1p(len(query.rows))
    out[rows < 0] = 0
    return out


def _mean_positions(sequences: Sequences, counts: Rows) -> Floats:
    length = np.diff(sequences.offsets)
    before = np.arange(len(sequences)) - np.repeat(sequences.offsets[:-1], length)
    figures = []
    for place in (np.log1p(before), before / np.repeat(length, length)):
        usual = place.mean() if len(place) else 0.0
        total = np.bincount(sequences.item, place, len(counts))
        figures.append((total + _GRANTED * usual) / (counts + _GRANTED))
    return np.stack(figures, axis=1).astype(np.float32)


def _columns(shares: list[npt.NDArray[np.generic]]) -> Floats:
    return np.stack(shares, axis=1).astype(np.float32)


def _standardised(values: Floats) -> Floats:
    """Standardise the values of one list: float32 [n]."""
    if not len(values):
        return values
    # Not `mean`, which takes three times as long for few values.
    centred = values - np.add.reduce(values) / np.float32(len(values))
    return centred / (np.sqrt(centred @ centred / np.float32(len(values))) + np.float32(1e-6))


def _nonzero(total: Floats) -> Floats:
    """The total, but no less than a tiny number, so that it can be divided by."""
    return np.maximum(total, np.float32(1e-20))
