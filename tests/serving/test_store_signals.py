"""Pictures and series in what the store keeps."""

import json

import numpy as np

from pharos.ingest.schema import Feature, FeatureType
from pharos.serving.store.features import feature_dicts, item_frame, json_features
from pharos.serving.store.records import ItemRecord

FEATURES = (Feature("poster", FeatureType.IMAGE), Feature("sound", FeatureType.SERIES, length=2))
POSTER = np.random.default_rng(0).integers(0, 256, (32, 32, 3)).astype(np.uint8)
SOUND = np.array([[1, 2], [3, 4.5]], np.float32)


def test_pictures_and_series_come_back_from_the_store_as_they_went_in() -> None:
    kept = json.loads(json.dumps(json_features(FEATURES, {"poster": POSTER, "sound": SOUND})))
    frame = item_frame(FEATURES, [ItemRecord(n, n, values, True, 1, 1, 1, 1) for n, values in (("a", kept), ("b", {}))])
    np.testing.assert_array_equal(frame["poster"][0], POSTER)
    np.testing.assert_array_equal(frame["sound"][0], SOUND)
    assert (frame["poster"][1], frame["sound"][1]) == (None, None)
    assert list(feature_dicts(FEATURES, frame)) == [kept, {}]
