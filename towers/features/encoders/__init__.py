"""Feature encoders, one for each `pharos.ingest.schema.FeatureType`."""

from pharos.ingest.schema import FeatureType
from pharos.towers.features.encoders.base import Encoded, FeatureEncoder
from pharos.towers.features.encoders.flag import FlagEncoder
from pharos.towers.features.encoders.image import ImageEncoder
from pharos.towers.features.encoders.number import NumberEncoder, soft_histogram
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

__all__ = ["ENCODERS", "Encoded", "FeatureEncoder", "Sensor", "VectorEncoder", "WordsEncoder", "soft_histogram"]
