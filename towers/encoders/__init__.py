"""Feature encoders, one for each `ingest.schema.FeatureType`."""

from ingest.schema import FeatureType
from towers.encoders.base import Encoded, FeatureEncoder
from towers.encoders.flag import FlagEncoder
from towers.encoders.number import NumberEncoder, soft_histogram
from towers.encoders.size import TextEncoder
from towers.encoders.tags import CategoryEncoder, TagsEncoder
from towers.encoders.vector import VectorEncoder

ENCODERS: dict[FeatureType, type[FeatureEncoder]] = {
    encoder.type: encoder
    for encoder in (NumberEncoder, FlagEncoder, CategoryEncoder, TagsEncoder, TextEncoder, VectorEncoder)
}

__all__ = ["ENCODERS", "Encoded", "FeatureEncoder", "VectorEncoder", "soft_histogram"]
