"""The payload of a point: the fields that can be shown and filtered by."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, TypeAlias

from pharos.indexing.errors import VectorIndexError
from pharos.ingest.columns import Columns
from pharos.ingest.schema import FeatureType, Schema

Payload: TypeAlias = dict[str, Any]
"""JSON values by field name."""

AVAILABLE: Final = "available"
AVAILABLE_FROM: Final = Columns.AVAILABLE_FROM
"""When an item begins to be shown, in unix seconds; absent where it always was."""
AVAILABLE_UNTIL: Final = Columns.AVAILABLE_UNTIL
"""When an item is shown no more, in unix seconds; absent where it has no end."""
CREATED_AT: Final = "created_at"
REVISION: Final = "revision"
"""The revision of the item in the store that a point was made of, so that it can be told from a newer one."""


class PayloadType(StrEnum):
    """The types of payload field for which an engine keeps an index."""

    KEYWORD = "keyword"
    FLOAT = "float"
    INTEGER = "integer"
    BOOLEAN = "bool"


_OWN_FIELDS: Final = {
    Columns.ITEM: PayloadType.KEYWORD,
    AVAILABLE: PayloadType.BOOLEAN,
    AVAILABLE_FROM: PayloadType.INTEGER,
    AVAILABLE_UNTIL: PayloadType.INTEGER,
    CREATED_AT: PayloadType.INTEGER,
}
_TYPES: Final = {
    FeatureType.CATEGORY: PayloadType.KEYWORD,
    FeatureType.TAGS: PayloadType.KEYWORD,
    FeatureType.NUMBER: PayloadType.FLOAT,
    FeatureType.FLAG: PayloadType.BOOLEAN,
}


def payload_fields(schema: Schema) -> dict[str, PayloadType]:
    """The payload fields of a schema that can be filtered by, with their types.

    These are item_id, available, available_from, available_until, created_at and every item feature that is a category,
    tags, number or flag. Raises VectorIndexError for a feature whose name an engine cannot express. (Names that clash
    with the index's own fields are refused where data is read, see pharos.ingest.schema.RESERVED_NAMES.)
    """
    features = {feature.name: _TYPES[feature.type] for feature in schema.items if feature.type in _TYPES}
    quoted = [name for name in features if '"' in name]
    if quoted:
        raise VectorIndexError(f"a feature to filter by cannot have a quotation mark in its name: {quoted}")
    return {**_OWN_FIELDS, **features}


def item_payload(
    schema: Schema,
    record: Mapping[str, Any],
    *,
    available: bool,
    created_at: int,
    available_from: int | None = None,
    available_until: int | None = None,
) -> Payload:
    """The payload of one item.

    record: item_id, title and the item features, typed as in Dataset.items.
    Missing values are left out, so that an engine tells them from every value. Tags become a list, flags a bool.
    created_at, available_from, available_until: unix seconds.
    """
    payload: Payload = {
        Columns.ITEM: record[Columns.ITEM],
        Columns.TITLE: record[Columns.TITLE],
        AVAILABLE: available,
        CREATED_AT: created_at,
    }
    times = {AVAILABLE_FROM: available_from, AVAILABLE_UNTIL: available_until}
    payload.update({name: time for name, time in times.items() if time is not None})
    for feature in schema.items:
        value = record[feature.name]
        match feature.type:
            case FeatureType.CATEGORY if value:
                payload[feature.name] = value
            case FeatureType.TAGS if value:
                payload[feature.name] = list(value)
            # A missing number is NaN, the one value that differs from itself.
            case FeatureType.NUMBER if value == value:
                payload[feature.name] = float(value)
            case FeatureType.FLAG if value == value:
                payload[feature.name] = bool(value)
            case _:
                pass
    return payload
