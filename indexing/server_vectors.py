"""Vectors of a Qdrant server that are kept between requests, by the versions of their points."""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from qdrant_client import models

from pharos.indexing.index import FloatArray, ItemVectors, Unconfirmed
from pharos.indexing.item_numbers import ItemNumbers
from pharos.indexing.known_vectors import VersionedVectors
from pharos.indexing.names import alias_of
from pharos.indexing.point_ids import point_uuid

_REMEMBERED: Final = 4
"""Names of vectors, of the collections that were searched last, whose vectors are kept."""

ReadVersions: TypeAlias = Callable[[str, list[str], str, int], list[tuple[str, int, FloatArray]]]
"""See `server_reads.read_versions`, without a connection."""


class ServerVectors:
    """The kept vectors of all collections. info: of a collection. read: of its points."""

    def __init__(self, numbers: ItemNumbers, info: Callable[[str], models.CollectionInfo], read: ReadVersions) -> None:
        self._numbers, self._info, self._read = numbers, info, read
        self._kept: dict[tuple[str, str], VersionedVectors | None] = {}

    def of(self, collection: str, using: str) -> VersionedVectors | None:
        """None where versions say nothing: of what may be an alias, and of copies, which count their own writes."""
        if alias_of(collection) is None:
            return None
        if (collection, using) not in self._kept:
            params = self._info(collection).config.params
            length = params.vectors[using].size if isinstance(params.vectors, dict) else 0
            one_copy = (params.replication_factor or 1) == 1
            self._kept.setdefault((collection, using), VersionedVectors(length) if one_copy else None)
            for key in list(self._kept)[:-_REMEMBERED]:
                self._kept.pop(key, None)
        return self._kept.get((collection, using))

    def unconfirmed(self, collection: str, item_ids: Sequence[str], using: str) -> ItemVectors | None:
        """Those of the items, as they were when they were read; None where nothing is kept."""
        kept = self.of(collection, using)
        if kept is None:
            return None
        items = self._numbers.of_items(item_ids)
        if len(items) and items.min() < 0:
            self._numbers.learn(item_ids)
            items = self._numbers.of_items(item_ids)
        known = kept.recalled(items)
        if known is None:
            self._learn(collection, items, using, kept)
            known = kept.recalled(items)
        if known is None:  # too many to keep
            return None
        rows, present, versions = known
        return ItemVectors(rows, present, Unconfirmed(item_ids, versions, using, kept.length))

    def forget(self, collection: str, confirm: Unconfirmed) -> None:
        """Read these vectors again when they are next asked for."""
        kept = self._kept.get((collection, confirm.using))
        if kept is not None:
            kept.forget(self._numbers.of_items(confirm.item_ids))

    def _learn(self, collection: str, items: NDArray[np.int64], using: str, kept: VersionedVectors) -> None:
        """Read vectors with their versions. items: int64 [n], numbers."""
        points = {str(point_uuid(self._numbers.items[number])): number for number in items.tolist()}
        found = self._read(collection, list(points), using, kept.length)
        if found:
            numbers = np.array([points.pop(point) for point, _, _ in found], np.int64)
            versions = np.array([version for _, version, _ in found], np.int64)
            kept.learn(numbers, versions, np.stack([vector for _, _, vector in found]))
        kept.learn_absent(np.fromiter(points.values(), np.int64, len(points)))
