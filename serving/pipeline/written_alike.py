"""Items that are alike by what the store has written about them: by words, or by names and labels."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from pharos.classics.similar_items import ItemVectors, Likeness
from pharos.classics.similarity import Measure
from pharos.ingest.columns import Columns
from pharos.ingest.schema import FeatureType
from pharos.serving.errors import UnknownItem
from pharos.serving.pipeline.answers import Candidate, Source
from pharos.serving.pipeline.eligible import Eligible
from pharos.serving.pipeline.kept import Kept
from pharos.serving.pipeline.requests import Selection, SimilarMethod
from pharos.serving.store import Store

MOST_ITEMS: Final = 50_000
"""Beyond it the vectors would take seconds to make and hundreds of megabytes to keep."""

_LIKENESS: Final = {SimilarMethod.TFIDF: Likeness.TFIDF, SimilarMethod.SOUP: Likeness.SOUP}
_READS: Final = {
    SimilarMethod.TFIDF: (FeatureType.TEXT,),
    SimilarMethod.SOUP: (FeatureType.CATEGORY, FeatureType.TAGS),
}
_PORTION: Final = 2000


@dataclass(frozen=True)
class _Written:
    """The vectors of all items as of a revision of the store. rows: of each item, by id."""

    revision: int
    vectors: ItemVectors
    rows: Mapping[str, int]
    ids: tuple[str, ...]


class FindWrittenAlike:
    """Finds items whose texts have the same words, or that share names and labels: cosines, from 0 to 1.

    The vectors are made of the whole catalogue when they are first asked for, and anew when it has changed, though not
    more often than `Kept` allows; an item that they lack is a reason at once.
    """

    def __init__(self, store: Store, eligible: Eligible, most: int = MOST_ITEMS) -> None:
        """most: items beyond which it refuses."""
        self._store, self._eligible, self._most = store, eligible, most
        self._kept: Kept[SimilarMethod, _Written] = Kept(0.0, len(_LIKENESS))

    def offered(self) -> list[SimilarMethod]:
        """What can be asked of this store."""
        kinds = {feature.type for feature in self._store.schema().items}
        few = self._store.counts().items <= self._most
        return [method for method, reads in _READS.items() if few and not kinds.isdisjoint(reads)]

    def __call__(self, item_id: str, method: SimilarMethod, selection: Selection) -> list[Candidate]:
        """At most k items with something in common, best first. method: one that is `offered`. Raises UnknownItem."""
        revision = self._store.revision()
        written = self._kept.get(
            method,
            lambda: self._read(method),
            fits=lambda kept: item_id in kept.rows,
            stale=lambda kept: kept.revision != revision,
        )
        if item_id not in written.rows:
            raise UnknownItem(item_id)
        rows, scores = written.vectors.similar(written.rows[item_id], len(written.ids), Measure.COSINE)
        rows, scores = rows[scores > 0], scores[scores > 0]
        found: list[Candidate] = []
        for start in range(0, len(rows), _PORTION):
            portion = [written.ids[row] for row in rows[start : start + _PORTION].tolist()]
            conditions = selection.filter.conditions
            passing = self._store.matching(portion, selection.filter) if conditions else set(portion)
            values = scores[start : start + _PORTION].tolist()
            found += [
                Candidate(other, score, Source.SIMILAR)
                for other, score in zip(portion, values, strict=True)
                if other in passing
            ]
            listed = self._eligible(found, selection.exclude, selection.k)
            if len(listed) >= selection.k:
                return listed
        return self._eligible(found, selection.exclude, selection.k)

    def _read(self, method: SimilarMethod) -> _Written:
        revision, dataset = self._store.revision(), self._store.catalogue()
        vectors = ItemVectors.of(dataset, _LIKENESS[method])
        slim = replace(dataset, items=dataset.items[[Columns.ITEM]])
        ids = tuple(dataset.items[Columns.ITEM].tolist())
        rows = {item_id: row for row, item_id in enumerate(ids)}
        return _Written(revision, replace(vectors, dataset=slim), rows, ids)
