"""What given items are worth to a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from indexing.index import TOWER, VectorIndex
from serving.pipeline.encode import EncodeUser
from serving.pipeline.profile import ReadProfile
from serving.pipeline.requests import Person
from serving.pipeline.timing import Stopwatch
from serving.store import Store
from serving.variants import Variants


@dataclass(frozen=True)
class ItemScore:
    """score: the ranker's, or a cosine where there is none; predicted_rating: None where ratings are unknown."""

    item_id: str
    score: float
    predicted_rating: float | None


@dataclass(frozen=True)
class ItemScores:
    """The asked items in the order asked for. unknown_items: those that there are none of, and unknown past items."""

    items: tuple[ItemScore, ...]
    bundle: str
    collection: str
    unknown_items: tuple[str, ...]
    milliseconds: Mapping[str, float]


class ScoreItems:
    """Scores items that a caller names, whether or not they would be retrieved."""

    def __init__(
        self, store: Store, index: VectorIndex, variants: Variants, read_profile: ReadProfile, encode: EncodeUser
    ) -> None:
        self._store = store
        self._index = index
        self._variants = variants
        self._read_profile = read_profile
        self._encode = encode

    def __call__(self, person: Person, item_ids: Sequence[str]) -> ItemScores:
        """Items that the person has seen are scored like others.

        Raises NotReady and what the index raises where they cannot answer: there is nothing else to say.
        """
        watch = Stopwatch()
        with watch.stage("profile"):
            profile = self._read_profile(person)
        generation = self._variants.choose(person.user_id)[1].current()
        with watch.stage("encode"):
            encoded = self._encode(generation, profile)
        asked = list(dict.fromkeys(item_ids))
        with watch.stage("retrieve"):
            points = self._index.fetch(generation.collection, asked, with_vectors=(TOWER,), with_payload=False)
        found = [item_id for item_id in asked if item_id in points]
        scored: tuple[ItemScore, ...] = ()
        with watch.stage("rank"):
            if found:
                vectors = np.stack([points[item_id].vectors[TOWER] for item_id in found]).astype(np.float32)
                ranker = generation.bundle.ranker
                scores = (
                    ranker.score(ranker.query(encoded.query, encoded.vector), found, vectors)
                    if ranker
                    else vectors @ encoded.vector
                )
                ratings = generation.bundle.predict_ratings(encoded.query, found, vectors)
                told = [None] * len(found) if ratings is None else [round(float(rating), 2) for rating in ratings]
                scored = tuple(
                    ItemScore(item_id, round(float(score), 6), rating)
                    for item_id, score, rating in zip(found, scores, told, strict=True)
                )
        unknown = (*profile.unknown_items, *(item_id for item_id in asked if item_id not in points))
        return ItemScores(
            scored, generation.bundle.id, generation.collection, tuple(dict.fromkeys(unknown)), watch.milliseconds()
        )
