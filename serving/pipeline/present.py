"""The last stage: from the candidates of a list to the answer."""

from collections.abc import Sequence

from pharos.serving.index_sync.live_index import Generation
from pharos.serving.pipeline.answers import Answer, AnswerItem, Candidate
from pharos.serving.pipeline.requests import Selection
from pharos.serving.pipeline.timing import Stopwatch
from pharos.serving.store import Store


class Present:
    """Adds title and fields from the store, numbers the ranks, and names what answered."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(
        self,
        listed: Sequence[Candidate],
        selection: Selection,
        watch: Stopwatch,
        generation: Generation | None = None,
        *,
        variant: str | None = None,
        reason: str | None = None,
        unknown_items: tuple[str, ...] = (),
    ) -> Answer:
        """The answer. generation: what was searched; None where only the store was. reason: why it is degraded."""
        with watch.stage("present"):
            items = self._items(listed, selection.fields)
        return Answer(
            items=items,
            bundle=generation.bundle.id if generation else None,
            collection=generation.collection if generation else None,
            degraded_reason=reason,
            milliseconds=watch.milliseconds(),
            unknown_items=unknown_items,
            variant=variant or None,
        )

    def _items(self, listed: Sequence[Candidate], fields: Sequence[str]) -> tuple[AnswerItem, ...]:
        """One answer item per candidate; an item that is not in the store is left out."""
        records = {candidate.item_id: candidate.record for candidate in listed if candidate.record is not None}
        unread = [candidate.item_id for candidate in listed if candidate.record is None]
        if unread:
            records |= self._store.items(unread)
        present = [candidate for candidate in listed if candidate.item_id in records]
        return tuple(
            AnswerItem(
                item_id=candidate.item_id,
                title=records[candidate.item_id].title,
                rank=rank,
                score=round(candidate.score, 6),
                source=candidate.source,
                predicted_rating=candidate.predicted_rating,
                because=candidate.because,
                fields={
                    name: records[candidate.item_id].features[name]
                    for name in fields
                    if name in records[candidate.item_id].features
                },
            )
            for rank, candidate in enumerate(present, start=1)
        )
