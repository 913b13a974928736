"""The status of the system: row counts, what is live, bundles and collections."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from pharos.evaluation.list_cost import ListCost
from pharos.indexing.errors import VectorIndexError
from pharos.indexing.index import CollectionInfo
from pharos.ingest.errors import PharosError
from pharos.serving.service import Service
from pharos.serving.store import StoreCounts
from pharos.towers.bundle.bundle import read_manifest
from pharos.towers.errors import TowersError

_BUNDLES: Final = 20
_COSTS: Final = TypeAdapter(tuple[ListCost, ...])


@dataclass(frozen=True)
class VariantStatus:
    """An alias and what it points to; bundle, collection and items are None if unknown."""

    name: str
    alias: str
    share: float
    bundle: str | None
    collection: str | None
    items: int | None


@dataclass(frozen=True)
class BundleStatus:
    """A bundle in the folder. evaluation: the metrics from its training on held-out events, by name.

    list_costs: what diversity and new items cost there; empty where that was not measured.
    """

    id: str
    created_at: datetime
    dataset: str
    evaluation: Mapping[str, float]
    list_costs: tuple[ListCost, ...]


@dataclass(frozen=True)
class Status:
    """problems: the reason for each part that is not ready. bundles: the newest 20 and the live ones, newest first."""

    version: str
    problems: Mapping[str, str]
    counts: StoreCounts
    revision: int
    variants: tuple[VariantStatus, ...]
    bundles: tuple[BundleStatus, ...]
    collections: tuple[CollectionInfo, ...]


def status_of(service: Service) -> Status:
    """The current status. Raises StoreError; any other part that fails is listed as a problem."""
    collections = list[CollectionInfo]()
    variants = tuple(_variant(service, name) for name, _ in service.variants.items())
    with suppress(VectorIndexError):
        collections = service.index.collections()
    return Status(
        version=version("pharos"),
        problems=service.problems(),
        counts=service.store.counts(),
        revision=service.store.revision(),
        variants=variants,
        bundles=tuple(_bundles(service, {variant.bundle for variant in variants})),
        collections=tuple(reversed(collections)),
    )


def _variant(service: Service, name: str) -> VariantStatus:
    setting = service.settings.live[name]
    bundle = collection = items = None
    with suppress(PharosError):
        generation = dict(service.variants.items())[name].current()
        bundle, collection = generation.bundle.id, generation.collection
        items = service.index.count(collection)
    return VariantStatus(name, setting.alias, setting.share, bundle, collection, items)


def _bundles(service: Service, live: Collection[str | None]) -> list[BundleStatus]:
    folder = service.settings.bundles_dir
    # Names sort by age.
    names = sorted((path.name for path in folder.iterdir() if path.is_dir()), reverse=True) if folder.is_dir() else []
    found = []
    for name in [*names[:_BUNDLES], *(name for name in names[_BUNDLES:] if name in live)]:
        with suppress(TowersError):
            manifest = read_manifest(folder / name)
            figures, costs = _numbers(manifest.evaluation), _list_costs(manifest.evaluation)
            found.append(BundleStatus(manifest.id, manifest.created_at, manifest.dataset, figures, costs))
    return found


def _list_costs(evaluation: Mapping[str, Any]) -> tuple[ListCost, ...]:
    """Those of the manifest; none where it is of an earlier version, or of another one that wrote them otherwise."""
    try:
        return _COSTS.validate_python(evaluation.get("list_costs", ()))
    except ValidationError:
        return ()


def _numbers(tree: Mapping[str, Any], above: str = "") -> dict[str, float]:
    """The numbers of nested dicts, by path."""
    numbers: dict[str, float] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            numbers |= _numbers(value, f"{above}{key} ")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            numbers[f"{above}{key}"] = float(value)
    return numbers
