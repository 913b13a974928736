"""The schema of a data set: the features of items and users, and their types."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from math import nan
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

FeatureValue = float | str | tuple[str, ...] | NDArray[np.float32] | NDArray[np.uint8] | None
"""One value of one feature, by type as `pharos.ingest.dataset.Dataset` tells."""

RESERVED_NAMES: Final = frozenset(
    {"item_id", "user_id", "title", "available", "available_from", "available_until", "created_at", "revision"}
)
"""What a feature may not be called: these stand beside the features in tables and in the index's payload."""


class FeatureType(StrEnum):
    """Feature types; each has one encoder in `pharos.towers.features.encoders`."""

    NUMBER = "number"
    FLAG = "flag"
    CATEGORY = "category"
    TAGS = "tags"
    TEXT = "text"
    VECTOR = "vector"
    IMAGE = "image"
    SERIES = "series"


@dataclass(frozen=True)
class Feature:
    """One declared feature.

    name: the column in the table. type: see FeatureType. separator: between the tags in a CSV cell (tags only).
    length: count of numbers in a vector, or in each step of a series (None until the data is read).
    encoder: name of the registered encoder to be used in place of the type's own; empty for that one.
    """

    name: str
    type: FeatureType
    separator: str = "|"
    length: int | None = None
    encoder: str = ""

    @property
    def missing(self) -> FeatureValue:
        """The missing value of this type."""
        match self.type:
            case FeatureType.NUMBER | FeatureType.FLAG:
                return nan
            case FeatureType.CATEGORY | FeatureType.TEXT:
                return ""
            case FeatureType.TAGS:
                return ()
            case FeatureType.VECTOR | FeatureType.IMAGE | FeatureType.SERIES:
                return None


@dataclass(frozen=True)
class Schema:
    """The declared features of a data set, without its data."""

    items: tuple[Feature, ...] = ()
    users: tuple[Feature, ...] = ()
    has_rating: bool = False
    has_timestamp: bool = False
    has_title: bool = False

    def state(self) -> dict[str, Any]:
        """The schema as JSON values."""
        return asdict(self)

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The inverse of `state`."""
        tables = {
            table: tuple(Feature(**{**f, "type": FeatureType(f["type"])}) for f in state[table])
            for table in ("items", "users")
        }
        return cls(**{**state, **tables})
