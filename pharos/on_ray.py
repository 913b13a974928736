"""Encoding a catalogue and recommending to many users on all machines of a Ray cluster.

Needs the extra `ray`. Each worker is an actor that loads the bundle once; what comes out is what one process computes.
https://docs.ray.io/en/latest/data/data.html
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pyarrow as pa
from scipy.sparse import csr_matrix

from pharos.errors import RequestError
from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.ingest.schema import FeatureType, Schema
from pharos.offline import AT_ONCE, OfflineLists
from pharos.serving.pipeline import Selection
from pharos.serving.service import open_service
from pharos.serving.settings import Settings
from pharos.towers.bundle.bundle import Bundle

if TYPE_CHECKING:
    from ray.data import Dataset as RayDataset

BATCH: Final = 512
"""Items that a worker encodes at a time."""

_SPARSE: Final = pa.struct([("indices", pa.list_(pa.int32())), ("values", pa.list_(pa.float32()))])


def encode_items(bundle: Path, data: Dataset, workers: int) -> "RayDataset":
    """Encode all items of a data set with a bundle, lazily; a row each, in any order.

    bundle: its folder, which every machine must see under this path. Columns: item_id; tower: float32 list, of length
    1; text: the same, empty without a text model; neighbours, content: indices and values of the sparse vectors. Raises
    RequestError where Ray is not installed.
    """
    rows = pa.Table.from_pandas(data.items, preserve_index=False)
    blocks = [rows.slice(start, BATCH) for start in range(0, len(rows), BATCH)]
    return _map(_ray_data().from_arrow(blocks), _Encoder, (bundle, data.schema), BATCH, workers)


def recommend(settings: Settings, users: Sequence[str], asked: Selection, workers: int) -> "RayDataset":
    """Recommend to users of the store from the live collection, lazily: rows as `OfflineLists.lists` has them.

    settings: must name a Qdrant server and, on several machines, a PostgreSQL database that all of them reach. asked:
    what every list has. Raises RequestError where Ray is not installed, or the index is embedded.
    """
    if not settings.qdrant_url:
        raise RequestError("the embedded index is open in one process at a time: set qdrant_url to recommend on Ray")
    blocks = [pa.table({Columns.USER: users[start : start + AT_ONCE]}) for start in range(0, len(users), AT_ONCE)]
    return _map(_ray_data().from_arrow(blocks), _Recommender, (settings, asked), AT_ONCE, workers)


class _Encoder:
    def __init__(self, bundle: Path, schema: Schema) -> None:
        self._bundle = Bundle.load(bundle)
        self._schema = schema

    def __call__(self, batch: pa.Table) -> pa.Table:
        encoded = self._bundle.encode_items(_typed(batch, self._schema))
        return pa.table(
            {
                Columns.ITEM: pa.array(encoded.item_ids, pa.string()),
                "tower": pa.array(list(encoded.tower), pa.list_(pa.float32())),
                "text": pa.array(list(encoded.text), pa.list_(pa.float32())),
                "neighbours": _sparse(encoded.neighbours),
                "content": _sparse(encoded.content),
            }
        )


class _Recommender:
    """An actor lives as long as the cluster wants it to, and so does what it opens."""

    def __init__(self, settings: Settings, asked: Selection) -> None:
        self._context = open_service(settings)
        self._lists = OfflineLists(self._context.__enter__(), asked)

    def __call__(self, batch: pa.Table) -> pa.Table:
        return pa.Table.from_pandas(self._lists.lists(batch[Columns.USER].to_pylist()), preserve_index=False)


def _map(rows: "RayDataset", actor: type, arguments: tuple[Any, ...], batch: int, workers: int) -> "RayDataset":
    return rows.map_batches(
        actor,
        fn_constructor_args=arguments,
        batch_size=batch,
        batch_format="pyarrow",
        compute=_ray_data().ActorPoolStrategy(size=workers),
    )


def _typed(batch: pa.Table, schema: Schema) -> pd.DataFrame:
    """The rows as a data set has them: lists as tuples, text as str."""
    frame: pd.DataFrame = batch.to_pandas()
    for feature in schema.items:
        if feature.type is FeatureType.TAGS:
            tags = [None if value is None else tuple(value) for value in frame[feature.name]]
            frame[feature.name] = pd.Series(tags, frame.index, dtype=object)
    return frame


def _sparse(matrix: csr_matrix) -> pa.Array:
    rows = zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True)
    return pa.array(
        [{"indices": matrix.indices[start:end], "values": matrix.data[start:end]} for start, end in rows], _SPARSE
    )


def _ray_data() -> Any:
    try:
        import ray.data
    except ImportError as error:
        raise RequestError(
            "Ray is not installed: pip install --no-deps --require-hashes -r requirements-ray.lock"
        ) from error
    return ray.data
