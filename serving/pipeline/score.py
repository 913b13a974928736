"""Scores of given items for a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pharos.indexing.index import CONTENT, NEIGHBOURS, TOWER, FloatArray, Point, VectorIndex
from pharos.indexing.sparse import SparseVector
from pharos.serving.index_sync.live_index import Generation
from pharos.serving.index_sync.variants import Variants
from pharos.serving.pipeline.candidates import Merged, RetrieveCandidates, SourceLists
from pharos.serving.pipeline.encode import EncodedPerson, EncodeUser
from pharos.serving.pipeline.profile import ReadProfile
from pharos.serving.pipeline.rank import RankCandidates
from pharos.serving.pipeline.requests import Person, Selection
from pharos.serving.pipeline.timing import Stopwatch
from pharos.serving.settings import Settings
from pharos.towers.bundle.bundle import Bundle
from pharos.towers.sources.merging import SOURCES, scaled_like


@dataclass(frozen=True)
class ItemScore:
    """The score of an item: the ranker's, or that of retrieval where there is none.

    predicted_rating: None where the data have no ratings.
    """

    item_id: str
    score: float
    predicted_rating: float | None


@dataclass(frozen=True)
class ItemScores:
    """The items in the order asked for. unknown_items: asked items and past items that do not exist."""

    items: tuple[ItemScore, ...]
    bundle: str
    collection: str
    unknown_items: tuple[str, ...]
    milliseconds: Mapping[str, float]


class ScoreItems:
    """Scores items that a caller names, whether or not they would be retrieved.

    An item that would be retrieved gets the score that it has in a list of recommendations. The others are put on the
    scale of the sources' hits and ranked together with them.
    """

    def __init__(
        self,
        index: VectorIndex,
        variants: Variants,
        read_profile: ReadProfile,
        encode: EncodeUser,
        candidates: RetrieveCandidates,
        settings: Settings,
    ) -> None:
        self._index = index
        self._variants = variants
        self._read_profile = read_profile
        self._encode = encode
        self._candidates = candidates
        self._settings = settings
        self._rank = RankCandidates() if settings.ranker else None

    def __call__(self, person: Person, item_ids: Sequence[str]) -> ItemScores:
        """Items that the person has seen are scored like others.

        Raises NotReady, and what the index and the bundle raise: there is no fallback for scores.
        """
        watch = Stopwatch()
        with watch.stage("profile"):
            profile = self._read_profile(person)
        generation = self._variants.choose(person.user_id)[1].current()
        bundle = generation.bundle
        with watch.stage("encode"):
            encoded = self._encode(generation, profile)
        asked = list(dict.fromkeys(item_ids))
        with watch.stage("retrieve"):
            points = self._index.fetch(
                generation.collection, asked, with_vectors=(TOWER, NEIGHBOURS, CONTENT), with_payload=False
            )
            unseen_items = Selection(self._settings.candidates, exclude=profile.seen)
            lists = self._candidates.ask(
                generation, encoded, self._settings.candidates, unseen_items, with_vectors=True
            )
        found = [points[item_id] for item_id in asked if item_id in points]
        scored: tuple[ItemScore, ...] = ()
        with watch.stage("rank"):
            if found:
                scores = self._scores(generation, encoded, lists, found)
                vectors = np.stack([point.vectors[TOWER] for point in found]).astype(np.float32)
                ratings = bundle.predict_ratings(encoded.query, [point.item_id for point in found], vectors)
                predicted = [None] * len(found) if ratings is None else [round(float(rating), 2) for rating in ratings]
                scored = tuple(
                    ItemScore(point.item_id, round(score, 6), rating)
                    for point, score, rating in zip(found, scores, predicted, strict=True)
                )
        unknown = (*profile.unknown_items, *(item_id for item_id in asked if item_id not in points))
        return ItemScores(scored, bundle.id, generation.collection, tuple(dict.fromkeys(unknown)), watch.milliseconds())

    def _scores(
        self, generation: Generation, person: EncodedPerson, lists: SourceLists, points: Sequence[Point]
    ) -> list[float]:
        """The score of each point."""
        self._index.numbers.learn(point.item_id for point in points)
        numbers = self._index.numbers.of_items([point.item_id for point in points])
        merged = self._candidates.merge(generation.bundle, lists.lists)
        listed = merged.first(self._settings.candidates)
        scores = self._ranked(generation, person, listed)
        left = [place for place, number in enumerate(numbers.tolist()) if number not in scores]
        if left:
            others = [points[place] for place in left]
            rows = self._candidates.rows(generation.bundle, numbers[left])
            longer = _with(listed, _exactly(generation.bundle, lists, merged, others, numbers[left], rows))
            together = self._ranked(generation, person, longer)
            scores |= {number: together[number] for number in numbers[left].tolist()}
        return [scores[number] for number in numbers.tolist()]

    def _ranked(self, generation: Generation, person: EncodedPerson, merged: Merged) -> dict[int, float]:
        """The score of each item, by its number."""
        ranked = self._rank(generation, person, merged) if self._rank is not None else merged
        return dict(zip(ranked.items.tolist(), ranked.score.tolist(), strict=True))


def _exactly(
    bundle: Bundle,
    lists: SourceLists,
    merged: Merged,
    points: Sequence[Point],
    numbers: NDArray[np.int64],
    rows: NDArray[np.int64],
) -> Merged:
    """Items that were not retrieved, with exact scores of each source; parts that a source gave are kept.

    numbers, rows: int64 [points], as in `Merged`.
    """
    known = dict(zip(merged.items.tolist(), merged.parts, strict=True))
    parts = np.zeros((len(points), SOURCES), np.float32)
    tower, neighbours, content = lists.queries
    raw = (
        [float(point.vectors[TOWER] @ np.asarray(tower)) for point in points],
        [_product(neighbours, point.sparse.get(NEIGHBOURS)) for point in points],
        [_product(content, point.sparse.get(CONTENT)) for point in points],
    )
    for source, (values, hits) in enumerate(zip(raw, lists.lists, strict=True)):
        parts[:, source] = scaled_like(np.array(values, np.float32), hits.scores, source)
    for place, number in enumerate(numbers.tolist()):
        parts[place] = known.get(number, parts[place])
    weights, new = bundle.sources.weights, rows < 0
    vectors = np.stack([point.vectors[TOWER] for point in points]).astype(np.float32)
    return Merged(numbers, rows, parts, weights.merged(parts, new), weights.leading(parts, new), vectors)


def _with(one: Merged, other: Merged) -> Merged:
    if one.vectors is None or other.vectors is None or not len(one):
        return other
    return Merged(
        np.concatenate([one.items, other.items]),
        np.concatenate([one.rows, other.rows]),
        np.concatenate([one.parts, other.parts]),
        np.concatenate([one.score, other.score]),
        np.concatenate([one.leading, other.leading]),
        np.concatenate([one.vectors, other.vectors]),
    )


def _product(query: FloatArray | SparseVector, row: SparseVector | None) -> float:
    if row is None or not isinstance(query, SparseVector):
        return 0.0
    _, of_query, of_row = np.intersect1d(query.indices, row.indices, assume_unique=True, return_indices=True)
    return float(query.values[of_query] @ row.values[of_row])
