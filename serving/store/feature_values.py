"""The values of item features, from which filters can be built."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from pharos.ingest.schema import FeatureType
from pharos.serving.store import meta
from pharos.serving.store.tables import items

_ITEMS: Final = 20_000
_VALUES: Final = 200
_LABELS: Final = (FeatureType.TAGS, FeatureType.CATEGORY)


@dataclass(frozen=True)
class FeatureValues:
    """A feature of items and its values.

    values: of tags and categories the most frequent, with the count of items; more: whether there are others. lowest,
    highest: of numbers, None where no item has any. items: how many have the feature.
    """

    name: str
    type: FeatureType
    items: int
    values: tuple[tuple[str, int], ...] = ()
    more: bool = False
    lowest: float | None = None
    highest: float | None = None


def feature_values(connection: Connection) -> list[FeatureValues]:
    """The values of each feature of the schema, in the 20,000 items that changed last."""
    schema = meta.schema(connection)
    if schema is None:
        return []
    newest = select(items.c.features).order_by(items.c.revision.desc()).limit(_ITEMS)
    rows: list[Mapping[str, Any]] = list(connection.execute(newest).scalars())
    found = []
    for feature in schema.items:
        known = [row[feature.name] for row in rows if feature.name in row]
        if feature.type in _LABELS:
            counts = Counter(_labels(known))
            values = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
            first, more = tuple(values[:_VALUES]), len(values) > _VALUES
            found.append(FeatureValues(feature.name, feature.type, len(known), first, more))
        elif feature.type is FeatureType.NUMBER and known:
            lowest, highest = min(known), max(known)
            found.append(FeatureValues(feature.name, feature.type, len(known), lowest=lowest, highest=highest))
        else:
            found.append(FeatureValues(feature.name, feature.type, len(known)))
    return found


def _labels(values: list[Any]) -> Iterator[str]:
    for value in values:
        yield from value if isinstance(value, list) else [value]
