"""The last stage: candidates with all that is told of them."""

from collections.abc import Sequence

from pharos.serving.pipeline.answers import AnswerItem, Candidate
from pharos.serving.store import Store


class Present:
    """Adds title and fields from the store, which knows them best, and numbers the ranks."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, candidates: Sequence[Candidate], fields: Sequence[str]) -> tuple[AnswerItem, ...]:
        """One answer item per candidate; an item that was deleted a moment ago is left out."""
        records = self._store.items([candidate.item_id for candidate in candidates])
        present = [candidate for candidate in candidates if candidate.item_id in records]
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
