"""Builds a collection beside the live one, verifies it, and points the alias to it.

`build_beside` makes a proven collection that is not live yet, for where more has to happen before the switch; `build`
is the whole for a catalogue that stands still.
"""

import math
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol, TypeAlias, cast

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from pharos.indexing.errors import CollectionInUse, VectorIndexError
from pharos.indexing.index import (
    CONTENT,
    NEIGHBOURS,
    TEXT,
    TOWER,
    CollectionInfo,
    CollectionSpec,
    FloatArray,
    Point,
    VectorIndex,
)
from pharos.indexing.names import belongs_to, collection_name
from pharos.indexing.payload import (
    AVAILABLE,
    AVAILABLE_FROM,
    AVAILABLE_UNTIL,
    CREATED_AT,
    REVISION,
    Payload,
    item_payload,
    payload_fields,
)
from pharos.indexing.sparse import SparseVector, sparse_rows
from pharos.indexing.verification import MINIMUM_RECALL, Canaries
from pharos.ingest.columns import Columns
from pharos.ingest.schema import Schema

ALIAS: Final = "items"
"""The alias of the catalogue that is live."""

Progress: TypeAlias = Callable[[int], None]
"""Called now and then with the number of items done: with 0 once their collection is there."""

_BATCH: Final = 512


class EncodedItems(Protocol):
    """The vectors of items, a row each.

    tower: float32 [n, d], L2-normalised; text: float32 [n, t], zeros where there is no text. neighbours, content:
    float32 [n, any], up to 2**31 - 1 columns; an item with an empty row is not found by it.
    """

    @property
    def tower(self) -> FloatArray: ...  # noqa: D102

    @property
    def text(self) -> FloatArray: ...  # noqa: D102

    @property
    def neighbours(self) -> csr_matrix: ...  # noqa: D102

    @property
    def content(self) -> csr_matrix: ...  # noqa: D102


class ItemEncoder(Protocol):
    """The part of a bundle that the index needs: it encodes items. text_dimensions: 0 without a text model."""

    @property
    def id(self) -> str: ...  # noqa: D102

    @property
    def schema(self) -> Schema: ...  # noqa: D102

    @property
    def dimensions(self) -> int: ...  # noqa: D102

    @property
    def text_dimensions(self) -> int: ...  # noqa: D102

    def encode_items(self, items: pd.DataFrame) -> EncodedItems:
        """Encode the rows of a frame like Dataset.items."""
        ...


@dataclass(frozen=True)
class Built:
    """A complete, verified collection that no alias points to yet. recall: see Canaries.verify."""

    collection: str
    count: int
    recall: float


@dataclass(frozen=True)
class BuildResult:
    """A build that is live. previous: the collection that was live before. recall: see Canaries.verify."""

    collection: str
    previous: str | None
    count: int
    seconds: float
    recall: float


def build(
    index: VectorIndex,
    encoder: ItemEncoder,
    items: pd.DataFrame | Iterable[pd.DataFrame],
    *,
    alias: str = ALIAS,
    progress: Progress = lambda done: None,
    minimum_recall: float = MINIMUM_RECALL,
) -> BuildResult:
    """Index the items in a new collection and point the alias to it.

    items: frames like Dataset.items, each item once; `available` (bool), `created_at`, `available_from` and
    `available_until` (unix seconds, NaN for none) are optional columns. A build that fails, in whatever way, leaves
    what was live as it was. Raises VerificationFailed, and what `VectorIndex` raises.
    """
    started = time.monotonic()
    built = build_beside(index, encoder, items, alias=alias, progress=progress, minimum_recall=minimum_recall)
    previous = index.resolve(alias)
    with dropped_on_failure(index, built.collection):
        index.switch(alias, built.collection)
    return BuildResult(built.collection, previous, built.count, time.monotonic() - started, built.recall)


def build_beside(
    index: VectorIndex,
    encoder: ItemEncoder,
    items: pd.DataFrame | Iterable[pd.DataFrame],
    *,
    alias: str = ALIAS,
    progress: Progress = lambda done: None,
    minimum_recall: float = MINIMUM_RECALL,
) -> Built:
    """Index the items in a new collection and verify it, without switching. Takes and raises what `build` does."""
    collection = start(index, encoder, alias=alias)
    with dropped_on_failure(index, collection):
        canaries = upload(index, collection, encoder, items, progress=progress)
        index.optimize(collection)
        recall = canaries.verify(index, collection, minimum_recall=minimum_recall)
    return Built(collection, canaries.count, recall)


@contextmanager
def dropped_on_failure(index: VectorIndex, collection: str) -> Iterator[None]:
    """A context that drops the collection if its body raises."""
    try:
        yield
    except BaseException:
        # If this fails too, the next `prune` drops the collection.
        with suppress(VectorIndexError):
            index.drop(collection)
        raise


def start(index: VectorIndex, encoder: ItemEncoder, *, alias: str = ALIAS) -> str:
    """Create an empty collection for the encoder's vectors, under a unique name; returns the name."""
    build_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
    collection = collection_name(alias, encoder.id, build_id)
    vectors = {TOWER: encoder.dimensions}
    if encoder.text_dimensions:
        vectors[TEXT] = encoder.text_dimensions
    spec = CollectionSpec(vectors, payload_fields(encoder.schema), encoder.id, sparse=(NEIGHBOURS, CONTENT))
    index.create(collection, spec)
    return collection


def upload(
    index: VectorIndex,
    collection: str,
    encoder: ItemEncoder,
    items: pd.DataFrame | Iterable[pd.DataFrame],
    *,
    progress: Progress = lambda done: None,
) -> Canaries:
    """Encode the items and upsert them in batches; returns the canaries that verify the collection."""
    canaries = Canaries()
    progress(0)
    for batch in _batches(items):
        encoded = points(encoder, batch)
        index.upsert(collection, encoded)
        canaries.add(encoded)
        progress(canaries.count)
    return canaries


def points(encoder: ItemEncoder, items: pd.DataFrame) -> list[Point]:
    """The points of items. An item without text gets no text vector, so that it is near to no query.

    items: as for `build`. A column `revision` (int) says which revision of its item each point is made of.
    """
    now = int(time.time())
    records = cast("list[dict[str, Any]]", items.to_dict("records"))
    encoded = encoder.encode_items(items)
    sparse = {NEIGHBOURS: sparse_rows(encoded.neighbours), CONTENT: sparse_rows(encoded.content)}
    return [
        Point(
            item_id=record[Columns.ITEM],
            vectors=_vectors(encoded, row),
            payload=_payload(encoder.schema, record, now),
            sparse=_sparse(sparse, row),
        )
        for row, record in enumerate(records)
    ]


def payloads(encoder: ItemEncoder, items: pd.DataFrame) -> list[Payload]:
    """The payloads of items, with None for each field that an item does not have."""
    now = int(time.time())
    empty = dict.fromkeys(payload_fields(encoder.schema))
    records = cast("list[dict[str, Any]]", items.to_dict("records"))
    return [{**empty, **_payload(encoder.schema, record, now)} for record in records]


def prune(index: VectorIndex, alias: str = ALIAS, *, keep: int = 1) -> list[str]:
    """Drop old collections of the alias; returns their names.

    What stays is each collection that an alias points to, and the `keep` others that were live last, for a rollback. A
    collection that never was live is what a failed build left: do not call this while another build is running.
    """
    rest = _not_live(index, alias)
    kept = {info.name for info in _latest(rest)[:keep]}
    dropped = []
    for info in rest:
        # Another alias may point to a collection that was built for this one.
        with suppress(CollectionInUse):
            if info.name not in kept:
                index.drop(info.name)
                dropped.append(info.name)
    return dropped


def previous(index: VectorIndex, alias: str = ALIAS) -> CollectionInfo | None:
    """The collection to roll back to: the one that was live before the current one; None if there is none."""
    return next(iter(_latest(_not_live(index, alias))), None)


def _not_live(index: VectorIndex, alias: str) -> list[CollectionInfo]:
    live = index.resolve(alias)
    return [info for info in index.collections() if belongs_to(info.name, alias) and info.name != live]


def _latest(infos: list[CollectionInfo]) -> list[CollectionInfo]:
    """The collections that were live, the most recent first."""
    return sorted((info for info in infos if info.live_at), key=lambda info: str(info.live_at), reverse=True)


def _batches(items: pd.DataFrame | Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    for frame in [items] if isinstance(items, pd.DataFrame) else items:
        for first in range(0, len(frame), _BATCH):
            yield frame.iloc[first : first + _BATCH]


def _payload(schema: Schema, record: Mapping[str, Any], now: int) -> Payload:
    payload = item_payload(
        schema,
        record,
        available=bool(record.get(AVAILABLE, True)),
        created_at=int(record.get(CREATED_AT, now)),
        available_from=_seconds(record.get(AVAILABLE_FROM)),
        available_until=_seconds(record.get(AVAILABLE_UNTIL)),
    )
    return {**payload, REVISION: int(record[REVISION])} if REVISION in record else payload


def _seconds(value: float | None) -> int | None:
    """Whole seconds; None for a missing value, which is NaN in a table."""
    return None if value is None or math.isnan(value) else int(value)


def _vectors(encoded: EncodedItems, row: int) -> dict[str, FloatArray]:
    vectors = {TOWER: encoded.tower[row]}
    if encoded.text.shape[1] and np.any(encoded.text[row]):
        vectors[TEXT] = encoded.text[row]
    return vectors


def _sparse(rows: Mapping[str, list[SparseVector]], row: int) -> dict[str, SparseVector]:
    """Without empty sparse vectors: so a collection made before there were sparse vectors takes the points too."""
    return {name: vectors[row] for name, vectors in rows.items() if len(vectors[row])}
