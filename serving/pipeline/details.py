"""Adds to the items of a list the predicted rating and the reasons."""

from collections.abc import Sequence

import numpy as np

from pharos.indexing.index import FloatArray
from pharos.serving.index_sync.live_index import Generation
from pharos.serving.pipeline.answers import Candidate
from pharos.serving.pipeline.encode import EncodedPerson
from pharos.serving.pipeline.explain import Explain


class AddDetails:
    """Adds what the bundle's rating model predicts, and on request the past items that brought each item."""

    def __init__(self, explain: Explain) -> None:
        self._explain = explain

    def __call__(
        self, generation: Generation, person: EncodedPerson, listed: Sequence[Candidate], *, explain: bool
    ) -> list[Candidate]:
        """The same items in the same order. Items without a vector stay as they are."""
        places = [place for place, candidate in enumerate(listed) if candidate.vector is not None]
        detailed = list(listed)
        if not places:
            return detailed
        items = [listed[place] for place in places]
        vectors: FloatArray = np.stack([np.asarray(item.vector, np.float32) for item in items])
        ratings = generation.bundle.predict_ratings(person.query, [item.item_id for item in items], vectors)
        reasons = self._explain(generation, person, items, vectors) if explain else [()] * len(items)
        for row, place in enumerate(places):
            rating = None if ratings is None else round(float(ratings[row]), 2)
            detailed[place] = listed[place].detailed(rating, reasons[row])
        return detailed
