"""Feature encoders, one for each `ingest.schema.FeatureType`."""

from ingest.schema import FeatureType
from towers.features.encoders.base import Encoded, FeatureEncoder
from towers.features.encoders.flag import FlagEncoder
from towers.features.encoders.number import NumberEncoder, soft_histogram
from towers.features.encoders.size import TextEncoder
from towers.features.encoders.tags import CategoryEncoder, TagsEncoder
from towers.features.encoders.vector import VectorEncoder

ENCODERS: dict[FeatureType, type[FeatureEncoder]] = {
    encoder.type: encoder
    for encoder in (NumberEncoder, FlagEncoder, CategoryEncoder, TagsEncoder, TextEncoder, VectorEncoder)
}

__all__ = ["ENCODERS", "Encoded", "FeatureEncoder", "VectorEncoder", "soft_histogram"]
