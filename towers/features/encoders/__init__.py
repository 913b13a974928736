"""Feature encoders, one for each `pharos.ingest.schema.FeatureType`."""

from pharos.ingest.schema import Feature, FeatureType
from pharos.towers.features.encoders.base import Encoded, FeatureEncoder
from pharos.towers.features.encoders.flag import FlagEncoder
from pharos.towers.features.encoders.image import ImageEncoder
from pharos.towers.features.encoders.number import NumberEncoder, soft_histogram
from pharos.towers.features.encoders.own import own_encoder
from pharos.towers.features.encoders.sensor import Sensor
from pharos.towers.features.encoders.series import SeriesEncoder
from pharos.towers.features.encoders.size import TextEncoder
from pharos.towers.features.encoders.tags import CategoryEncoder, TagsEncoder
from pharos.towers.features.encoders.vector import VectorEncoder
from pharos.towers.features.encoders.words import WordsEncoder

ENCODERS: dict[FeatureType, type[FeatureEncoder]] = {
    encoder.type: encoder
    for encoder in (
        NumberEncoder,
        FlagEncoder,
        CategoryEncoder,
        TagsEncoder,
        TextEncoder,
        VectorEncoder,
        ImageEncoder,
        SeriesEncoder,
    )
}

__all__ = [
    "ENCODERS",
    "Encoded",
    "FeatureEncoder",
    "Sensor",
    "VectorEncoder",
    "WordsEncoder",
    "encoder_of",
    "soft_histogram",
]


def encoder_of(feature: Feature) -> type[FeatureEncoder]:
    """The encoder of a feature: the one that it names, or that of its type. Raises UnknownEncoder."""
    return own_encoder(feature) if feature.encoder else ENCODERS[feature.type]
