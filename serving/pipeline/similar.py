"""Items that are like an item."""

from collections.abc import Sequence
from dataclasses import replace

from serving.errors import UnknownItem
from serving.live import Generation
from serving.pipeline.answers import Answer, Candidate
from serving.pipeline.assemble import Assemble
from serving.pipeline.requests import Selection
from serving.pipeline.retrieve import RetrieveNearest, RetrievePopular
from serving.pipeline.stages import Stages
from serving.pipeline.timing import Stopwatch
from serving.store import Store


class FindSimilar:
    """The nearest items by the item tower."""

    def __init__(self, store: Store, nearest: RetrieveNearest, popular: RetrievePopular, assemble: Assemble) -> None:
        self._store = store
        self._nearest = nearest
        self._popular = popular
        self._assemble = assemble

    def __call__(self, item_id: str, selection: Selection) -> Answer:
        """A list without the item itself. Raises UnknownItem where the store does not have it."""
        watch = Stopwatch()
        if self._store.item(item_id) is None:
            raise UnknownItem(item_id)
        others = replace(selection, exclude=selection.exclude | {item_id})

        def retrieval(generation: Generation) -> Stages:
            return self._assemble.plain(
                lambda limit: self._nearest.to_item(generation.collection, item_id, limit, others), others
            )

        def fallback(limit: int) -> Sequence[Candidate]:
            return self._popular(limit, others)

        return self._assemble(others, watch, retrieval, fallback)
