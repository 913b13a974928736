"""Saving bundles, in one atomic step."""

import json
import secrets
import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from pharos.ingest.file_sums import publish
from pharos.towers.backend import tf
from pharos.towers.bundle.bundle import (
    COMPACT_ITEMS,
    INPUTS,
    ITEM_TOWER,
    MANIFEST,
    ONE_USER,
    RATINGS,
    SUMS,
    USER_TOWER,
    Bundle,
    Trained,
)
from pharos.towers.bundle.compact import compact
from pharos.towers.bundle.manifest import Manifest
from pharos.towers.ranking.ranker import MODEL, TABLES
from pharos.towers.sources.files import write_sources
from pharos.towers.text.model import TextModel


def new_bundle_id() -> str:
    """A new bundle id: the time in seconds and four random digits, so that ids sort by age."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"


def save(folder: Path, manifest: Manifest, trained: Trained, text_model: TextModel | None) -> Bundle:
    """Save a bundle below `folder`.

    It is written under a temporary name and then renamed, so no reader sees half of it.
    """
    towers = trained.towers
    place, partial = folder / manifest.id, folder / f".{manifest.id}.partial"
    partial.mkdir(parents=True)
    try:
        for name, tower in ((ITEM_TOWER, towers.item_tower), (USER_TOWER, towers.user_tower)):
            tf.saved_model.save(tower, str(partial / name))
        (partial / ONE_USER).write_bytes(compact(towers.user_tower.encode, towers.user_tower))
        # Layers for pictures, series and words have operations that the compact runtime lacks.
        if not towers.spec.item_features.sensors:
            (partial / COMPACT_ITEMS).write_bytes(compact(towers.item_tower.encode, towers.item_tower))
        write_sources(partial, trained.sources)
        if trained.ranker is not None:
            (partial / MODEL).write_bytes(compact(trained.ranker.model.score, trained.ranker.model))
            (partial / TABLES).write_bytes(trained.ranker.table_bytes())
        if trained.ratings is not None:
            with (partial / RATINGS).open("wb") as file:
                np.savez(file, **trained.ratings.arrays())  # type: ignore[arg-type]
        (partial / INPUTS).write_text(json.dumps(towers.spec.state(), ensure_ascii=False), "utf-8")
        (partial / MANIFEST).write_text(manifest.model_dump_json(indent=2), "utf-8")
        publish(partial, place, SUMS)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return Bundle(place, manifest, trained, text_model)
