"""Bundles of the Python API on disk: found, saved and loaded, with their data set."""

import os
import shutil
from pathlib import Path
from typing import Final

from pharos.ingest.dataset import Dataset
from pharos.ingest.export import export_dataset
from pharos.ingest.file_sums import publish
from pharos.ingest.load import load_dataset
from pharos.towers.bundle.bundle import MANIFEST, SUMS, Bundle, Trained, bundle_ids
from pharos.towers.errors import BundleError

DATA: Final = "data"
NOWHERE: Final = Path(os.devnull)
"""The place of a bundle that was not saved yet."""


def find(path: Path) -> Path:
    """The folder of a bundle: `path` itself, or the newest bundle below it. Raises BundleError."""
    if (path / MANIFEST).is_file():
        return path
    below = bundle_ids(path)
    if not below:
        raise BundleError(f"{path}: neither a bundle nor a folder of bundles; Recommender.save makes one")
    return path / below[-1]


def saved_data(place: Path) -> Dataset:
    """The data set that was saved with a bundle. Raises BundleError where there is none."""
    folder = place / DATA
    if not folder.is_dir():
        raise BundleError(
            f"bundle {place}: it holds no table of items, so it cannot answer by itself: give data= (a data set with "
            "its items), or save the model with_data=True"
        )
    return load_dataset(folder)


def save(bundle: Bundle, folder: Path, data: Dataset | None) -> Path:
    """Write a bundle below `folder`, whole or not at all. Raises BundleError where it is there already."""
    from pharos.towers.bundle.saving import save as save_bundle  # which brings TensorFlow

    place = folder / bundle.id
    if place.exists():
        raise BundleError(f"{place}: is there already; a model is saved once in a folder")
    partial = folder / f".{bundle.id}.saving"
    partial.mkdir(parents=True)
    try:
        if bundle.path == NOWHERE:
            trained = Trained(bundle.towers, bundle.sources, bundle.ranker, bundle.ratings)
            saved = save_bundle(partial, bundle.manifest, trained, bundle.text_model).path
        else:
            saved = Path(shutil.copytree(bundle.path, partial / bundle.id, ignore=shutil.ignore_patterns(DATA)))
        if data is not None:
            export_dataset(data, saved / DATA)
        publish(saved, place, SUMS)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return place


def check_fits(bundle: Bundle, data: Dataset) -> None:
    """Raise BundleError where the data lacks a feature that the bundle's towers read."""
    for table, read, given in (
        ("items", bundle.schema.items, data.schema.items),
        ("users", bundle.schema.users, data.schema.users),
    ):
        types = {feature.name: feature.type for feature in given}
        for feature in read:
            if types.get(feature.name) != feature.type:
                has = ", ".join(f"{name} ({kind})" for name, kind in types.items()) or "none"
                raise BundleError(
                    f"bundle {bundle.id} reads the feature {feature.name!r} ({feature.type}) of {table}; "
                    f"the data set {data.name!r} has {has}"
                )
