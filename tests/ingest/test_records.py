"""One record's features, as a request gives them."""

from typing import Any

import numpy as np
import pytest

from pharos.ingest.records import FeatureError, parse_features
from pharos.ingest.schema import Feature, FeatureType
from pharos.ingest.signals import image_text

FEATURES = tuple(Feature(str(kind), kind, length=2 if kind is FeatureType.VECTOR else None) for kind in FeatureType)
GOOD: dict[str, Any] = {
    "number": 3, "flag": True, "category": " a ", "tags": ["x", " y", "x"], "text": "words", "vector": [1, 2.5],
    "image": image_text(np.full((32, 32, 3), 7, np.uint8)), "series": [[1, 2], [3, 4]],
}  # fmt: skip
BAD: list[tuple[str, Any]] = [
    ("number", "3"), ("number", True), ("number", float("inf")), ("number", 10**400), ("flag", 2), ("flag", "yes"),
    ("category", 5), ("category", "x" * 501), ("category", "\ud800"), ("text", ["x"]), ("text", "x" * 20_001),
    ("tags", "x"), ("tags", [""]), ("tags", ["x"] * 201), ("tags", [3]), ("tags", ["x" * 201]),
    ("vector", [1]), ("vector", [1, 2, 3]), ("vector", [1, None]), ("vector", [1, float("nan")]), ("vector", "1 2"),
]  # fmt: skip


def test_values_are_typed_as_in_the_tables() -> None:
    parsed = parse_features(FEATURES, GOOD)
    vector, image, series = (parsed.pop(name) for name in ("vector", "image", "series"))
    assert parsed == {"number": 3.0, "flag": 1.0, "category": "a", "tags": ("x", "y"), "text": "words"}
    np.testing.assert_array_equal(vector, np.array([1, 2.5], np.float32))
    np.testing.assert_array_equal(image, np.full((32, 32, 3), 7, np.uint8))
    np.testing.assert_array_equal(series, np.array([[1, 2], [3, 4]], np.float32))


def test_what_it_gives_it_also_takes() -> None:
    once = parse_features(FEATURES, GOOD)
    assert str(parse_features(FEATURES, once)) == str(once)


def test_absent_and_null_values_are_missing() -> None:
    assert str(parse_features(FEATURES, {})) == str(parse_features(FEATURES, dict.fromkeys(GOOD)))
    assert parse_features(FEATURES, {})["tags"] == ()


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_value_that_does_not_fit_is_refused_with_what_is_allowed(name: str, value: object) -> None:
    with pytest.raises(FeatureError) as caught:
        parse_features(FEATURES, {name: value})
    assert caught.value.field == name
    assert caught.value.value is value
    assert caught.value.allowed in str(caught.value)


def test_an_unknown_feature_is_refused_with_the_known_ones() -> None:
    with pytest.raises(FeatureError, match=r"colour.*number, flag, category, tags, text, vector"):
        parse_features(FEATURES, {"colour": "red"})


def test_a_huge_value_is_not_repeated_in_the_message() -> None:
    with pytest.raises(FeatureError) as caught:
        parse_features(FEATURES, {"number": "x" * 100_000})
    assert len(str(caught.value)) < 300
