"""How many items a second are encoded and uploaded, beside the bare batched item tower, engine and text model.

    python -m benchmarks.cataloguing

In the process, on the embedded engine. The floors of the same run: the item tower on prepared inputs, the same with the
engine's own upsert of prepared points, and, for texts that were never read before, the text model on tokens. Each round
has items of its own; texts that are known cost no text model.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from qdrant_edge import UpdateOperation
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from benchmarks.catalogues import catalogue
from benchmarks.item_writes import with_texts
from benchmarks.measurement import Bar, Measurement, Options, in_turns, milliseconds, table
from pharos.cli.progress import Lines
from pharos.indexing.build import points, start, upload
from pharos.indexing.embedded import QdrantEmbedded
from pharos.indexing.embedded_points import edge_point, new_shard
from pharos.indexing.index import CONTENT, NEIGHBOURS, TEXT, TOWER, CollectionSpec, Point
from pharos.indexing.payload import payload_fields
from pharos.towers.bundle.bundle import Bundle
from pharos.towers.settings import TrainingSettings
from pharos.towers.text.documents import documents
from pharos.training import train

TRAINED, USERS, EVENTS = 2_000, 500, 20_000
ITEMS, TEXTS, BATCH, ROUNDS = 10_000, 512, 512, 5
_AT_ONCE = 4_096


def main() -> None:
    """Measure and print."""
    print(table([("cataloguing", one) for one in measure(Options())]))


def measure(_options: Options) -> list[Measurement]:
    """Train twice, with and without texts, and catalogue items."""
    with tempfile.TemporaryDirectory() as folder:
        found = []
        with _trained(Path(folder) / "plain", with_text=False) as bundle:
            found += _known(bundle, Path(folder) / "index")
        with _trained(Path(folder) / "texts", with_text=True) as bundle:
            found += _new_texts(bundle, Path(folder) / "index-of-texts")
        return found


def _known(bundle: Bundle, folder: Path) -> list[Measurement]:
    """Items without text, against the tower and the engine."""
    items = catalogue(ITEMS, USERS, USERS).items
    inputs = [
        bundle.towers.spec.item_inputs(items.iloc[first : first + _AT_ONCE], None)
        for first in range(0, ITEMS, _AT_ONCE)
    ]
    index = QdrantEmbedded(folder)

    def ours(_: int) -> None:
        collection = start(index, bundle)
        assert upload(index, collection, bundle, items).count == ITEMS
        index.drop(collection)

    def tower(_: int) -> None:
        for part in inputs:
            np.asarray(bundle.towers.item_tower.encode(part))

    taken, bare = in_turns(ours, tower, ROUNDS)
    engine = [one + two for one, two in zip(_engine_alone(bundle, items, folder), bare, strict=True)]
    index.close()
    name = f"encode and upload {ITEMS:,} items"
    return [
        _rates(name, taken, bare, Bar(of="ratio", limit=0.8), note="floor: the batched item tower alone"),
        _rates(f"{name}, with the engine", taken, engine, None, note="floor: the tower, and the engine's bare upsert"),
    ]


def _engine_alone(bundle: Bundle, items: pd.DataFrame, folder: Path) -> list[float]:
    """Milliseconds of the engine's own upsert of points that are made already."""
    made = [edge_point(point, ["available"], numbered=True) for point in points(bundle, items)]
    spec = CollectionSpec({TOWER: bundle.dimensions}, payload_fields(bundle.schema), "none", (NEIGHBOURS, CONTENT))

    def upsert(number: int) -> None:
        path = folder / f"bare-{number}"
        path.mkdir()
        shard = new_shard(path, spec)
        for first in range(0, len(made), BATCH):
            shard.update(UpdateOperation.upsert_points(made[first : first + BATCH]))
        shard.close()

    return milliseconds(upsert, ROUNDS)


def _new_texts(bundle: Bundle, folder: Path) -> list[Measurement]:
    """Items whose texts nobody has read, against the text model on tokens; and the same items once more."""
    model = bundle.text_model
    assert model is not None
    model.load()
    random = np.random.default_rng(3)
    plain = catalogue(TEXTS, USERS, USERS)
    rounds = [with_texts(plain, random).items for _ in range(ROUNDS + 1)]
    batches = [_padded_batches(bundle, items) for items in rounds]
    index = QdrantEmbedded(folder)
    collection = start(index, bundle)

    def ours(number: int) -> None:
        for first in range(0, TEXTS, BATCH):
            made: list[Point] = points(bundle, rounds[number].iloc[first : first + BATCH])
            assert all(TEXT in point.vectors for point in made)
            index.upsert(collection, made)

    def text_model(number: int) -> None:
        for ids, mask in batches[number]:
            model._forward(ids, mask).numpy()

    turn = iter(range(ROUNDS + 1))
    again = iter(range(ROUNDS + 1))
    taken, bare = in_turns(lambda _: ours(next(turn)), lambda _: text_model(next(again)), ROUNDS)
    known = milliseconds(lambda number: ours(number + 1), ROUNDS)
    index.close()
    return [
        _rates("items of new text", taken, bare, Bar(of="ratio", limit=0.9), note="floor: the text model on tokens"),
        _rates("the same items again", known, bare, None, note="their texts are in the cache on the disk"),
    ]


def _padded_batches(bundle: Bundle, items: pd.DataFrame) -> list[tuple[Any, Any]]:
    """Token ids and masks as the text model takes them, sorted by length."""
    from pharos.towers.text.model import _BATCH, _MAX_TOKENS, _padded

    model = bundle.text_model
    assert model is not None
    texts = documents(items, bundle.schema.items)
    tokens = sorted(model._tokenizer(texts, truncation=True, max_length=_MAX_TOKENS)["input_ids"], key=len)
    return [_padded(tokens[first : first + _BATCH]) for first in range(0, len(tokens), _BATCH)]


def _rates(name: str, taken: list[float], floor: list[float], bar: Bar | None, note: str) -> Measurement:
    count = ITEMS if "upload" in name else TEXTS
    ours, bare = ([count / value * 1000 for value in values] for values in (taken, floor))
    return Measurement.of(name, "items/s", ours, floor=bare, higher_is_better=True, bar=bar, note=note)


@contextmanager
def _trained(folder: Path, *, with_text: bool) -> Iterator[Bundle]:
    """A bundle of a small training, loaded as a server loads it."""
    data = catalogue(TRAINED, USERS, EVENTS)
    settings = TrainingSettings(max_epochs=1, text_model="", ranker=False)
    if with_text:
        data = with_texts(data, np.random.default_rng(0))
        settings = TrainingSettings(max_epochs=1, ranker=False)
    trained = train(data, settings, bundles=folder, text_cache=folder / "texts", progress=Lines())
    with threadpool_limits(1, "blas"):
        yield Bundle.load(trained.bundle.path, folder / "texts")


if __name__ == "__main__":
    main()
