"""An item that is not stored: where it would stand, what it would be like, and for whom it would be."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from pharos.indexing.index import FloatArray, VectorIndex
from pharos.ingest.records import FeatureError
from pharos.serving.errors import InvalidRecord
from pharos.serving.index_sync.live_index import Generation
from pharos.serving.index_sync.sync import require_features
from pharos.serving.index_sync.variants import Variants
from pharos.serving.pipeline.answers import AnswerItem, Candidate, Source
from pharos.serving.pipeline.eligible import Eligible
from pharos.serving.pipeline.encode import EncodedPerson, EncodeUser
from pharos.serving.pipeline.item_map import DrawMap
from pharos.serving.pipeline.present import Present
from pharos.serving.pipeline.profile import ReadProfile
from pharos.serving.pipeline.requests import Person, Selection
from pharos.serving.pipeline.timing import Stopwatch
from pharos.serving.store import ItemRecord, Store
from pharos.serving.store.features import json_features

_NOBODYS: Final = "\0draft"  # no stored id holds a NUL, so the item is cold in every bundle
_NEIGHBOURS: Final = 8
_USERS: Final = 100
_AUDIENCE: Final = 5


@dataclass(frozen=True)
class PersonPlace:
    """Where a person stands in the map. place: x and y; history: their past items, oldest first."""

    place: tuple[float, float]
    history: tuple[tuple[ItemRecord, float | None], ...]


@dataclass(frozen=True)
class Fit:
    """How an item fits a person: so many of the items of the map are nearer to the person's vector."""

    predicted_rating: float | None
    nearer: int
    of: int


@dataclass(frozen=True)
class Preview:
    """place: x and y in the map. neighbours: the items nearest by the item tower, score: the cosine.

    fit: how it fits the person of the request, None if there is none. audience: of some users those nearest to it, with
    the cosine.
    """

    place: tuple[float, float]
    neighbours: tuple[AnswerItem, ...]
    fit: Fit | None
    audience: tuple[tuple[str, float], ...]
    milliseconds: Mapping[str, float]


class PreviewItem:
    """Encodes an item of a request with the live item tower and looks about; writes nothing."""

    def __init__(
        self,
        store: Store,
        index: VectorIndex,
        variants: Variants,
        draw_map: DrawMap,
        read_profile: ReadProfile,
        encode: EncodeUser,
        present: Present,
        eligible: Eligible,
    ) -> None:
        self._store = store
        self._index = index
        self._variants = variants
        self._draw_map = draw_map
        self._read_profile = read_profile
        self._encode = encode
        self._present = present
        self._eligible = eligible
        self._lock = threading.Lock()
        self._users: tuple[str, list[str], FloatArray] | None = None

    def __call__(self, title: str, features: Mapping[str, object], person: Person | None) -> Preview:
        """Raises InvalidRecord for features that do not fit; NotReady and what the index raises."""
        watch = Stopwatch()
        generation = self._variants.first.current()
        with watch.stage("encode"):
            vector = self._vector(generation, title, features)
        with watch.stage("retrieve"):
            hits = self._index.search(
                generation.collection, vector, limit=_NEIGHBOURS, filter=self._eligible.filter(), with_payload=False
            )
            found = (Candidate(hit.item_id, hit.score, Source.SIMILAR) for hit in hits)
            near = self._eligible(found, (), _NEIGHBOURS)
        drawn = self._draw_map(generation)
        with watch.stage("fit"):
            fit = None if person is None else self._fit(generation, person, vector, drawn.vectors)
            audience = self._audience(generation, vector)
        neighbours = self._present(near, Selection(_NEIGHBOURS), watch, generation).items
        return Preview(_place(drawn.projection(vector[None])), neighbours, fit, audience, watch.milliseconds())

    def place(self, person: Person) -> PersonPlace:
        """Where a person stands, and what they had."""
        generation = self._variants.choose(person.user_id)[1].current()
        profile = self._read_profile(person)
        encoded = self._encode(generation, profile)
        records = self._store.items([event.item_id for event in profile.history])
        history = tuple((records[event.item_id], event.rating) for event in profile.history if event.item_id in records)
        return PersonPlace(_place(self._draw_map(generation).projection(encoded.vector[None])), history)

    def _vector(self, generation: Generation, title: str, features: Mapping[str, object]) -> FloatArray:
        require_features(self._store, generation.bundle)
        try:
            checked = json_features(self._store.schema().items, features)
        except FeatureError as error:
            raise InvalidRecord(f"features.{error.field}", error.value, error.allowed) from error
        record = ItemRecord(_NOBODYS, title, checked, True, 0, 0, 0, 0)
        vector: FloatArray = generation.bundle.encode_items(self._store.frame_of([record])).tower[0]
        return vector

    def _fit(self, generation: Generation, person: Person, vector: FloatArray, others: FloatArray) -> Fit:
        encoded: EncodedPerson = self._encode(generation, self._read_profile(person))
        rating = generation.bundle.predict_ratings(encoded.query, [_NOBODYS], vector[None])
        nearer = int((others @ encoded.vector > float(vector @ encoded.vector)).sum())
        return Fit(None if rating is None else round(float(rating[0]), 2), nearer, len(others))

    def _audience(self, generation: Generation, vector: FloatArray) -> tuple[tuple[str, float], ...]:
        """Of at most a hundred users, encoded once for each collection."""
        with self._lock:
            if self._users is None or self._users[0] != generation.collection:
                ids = [user_id for user_id, _ in self._store.some_users(_USERS)]
                people = [self._encode(generation, self._read_profile(Person(user_id))) for user_id in ids]
                rows = [person.vector for person in people]
                vectors = np.stack(rows) if rows else np.zeros((0, generation.bundle.dimensions), np.float32)
                self._users = (generation.collection, ids, vectors)
            _, ids, vectors = self._users
        scores = vectors @ vector
        best = np.argsort(-scores, kind="stable")[:_AUDIENCE].tolist()
        return tuple((ids[row], round(float(scores[row]), 4)) for row in best)


def _place(places: FloatArray) -> tuple[float, float]:
    return float(places[0, 0]), float(places[0, 1])
