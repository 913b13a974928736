"""What every feature encoder promises, and what each does with its own kind of value."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharos.ingest.schema import FeatureType
from pharos.towers.features.encoders import ENCODERS, FeatureEncoder
from pharos.towers.features.encoders.number import soft_histogram

VALUES: dict[FeatureType, tuple[list[Any], Any, Any]] = {
    # known values, the missing value, one that training never saw
    FeatureType.NUMBER: ([1.0, 2.0, 3.0, 10.0], np.nan, 1e12),
    FeatureType.FLAG: ([1.0, 0.0, 1.0, 0.0], np.nan, np.nan),
    FeatureType.CATEGORY: (["a", "b", "a", "b"], "", "never seen"),
    FeatureType.TAGS: ([("a", "b"), ("b",), ("a",), ("b", "c")], (), ("never", "seen")),
    FeatureType.TEXT: (["A man.", "Toys come to life.", "A shark.", "Two words."], "", "never " * 1000),
    FeatureType.IMAGE: (
        [np.full((32, 32, 3), 50 * k, np.uint8) for k in range(4)],
        None,
        np.zeros((32, 32, 3), np.uint8),
    ),
    FeatureType.SERIES: (
        [np.full((k + 2, 2), k, np.float32) for k in range(4)],
        None,
        np.full((900, 2), 1e9, np.float32),
    ),
    FeatureType.VECTOR: ([np.eye(3, dtype=np.float32)[k % 3] for k in range(4)], None, np.full(3, 9, np.float32)),
}


def column(values: list[Any]) -> pd.Series:
    return pd.Series(values, dtype=object)


def numbers(encoder: FeatureEncoder, values: list[Any]) -> np.ndarray:
    encoded = encoder.encode(column(values))
    parts = [encoded.dense, encoded.sparse.toarray() if encoded.sparse is not None else None]
    return np.concatenate([part for part in parts if part is not None], axis=1)


@pytest.fixture(params=list(FeatureType), ids=str)
def kind(request: pytest.FixtureRequest) -> FeatureType:
    return request.param


class TestEveryEncoder:
    def test_gives_finite_numbers_of_the_promised_width(self, kind: FeatureType) -> None:
        known, missing, new = VALUES[kind]
        encoder = ENCODERS[kind].fit(column(known))
        result = numbers(encoder, [*known, missing, new])
        assert result.shape == (6, encoder.width + encoder.vocabulary_size)
        assert np.isfinite(result).all()

    def test_tells_a_missing_value_from_a_known_one(self, kind: FeatureType) -> None:
        known, missing, _ = VALUES[kind]
        rows = numbers(ENCODERS[kind].fit(column(known)), [known[0], missing])
        assert not np.array_equal(rows[0], rows[1])

    def test_encodes_a_value_the_same_alone_and_in_company(self, kind: FeatureType) -> None:
        known, _, _ = VALUES[kind]
        encoder = ENCODERS[kind].fit(column(known))
        np.testing.assert_array_equal(numbers(encoder, known)[2], numbers(encoder, [known[2]])[0])

    def test_is_the_same_after_a_trip_through_json(self, kind: FeatureType) -> None:
        known, missing, new = VALUES[kind]
        encoder = ENCODERS[kind].fit(column(known))
        again = ENCODERS[kind].from_state(json.loads(json.dumps(encoder.state())))
        np.testing.assert_array_equal(numbers(encoder, [*known, missing, new]), numbers(again, [*known, missing, new]))

    def test_can_be_fitted_on_nothing_but_missing_values(self, kind: FeatureType) -> None:
        _, missing, _ = VALUES[kind]
        encoder = ENCODERS[kind].fit(column([missing, missing]))
        assert np.isfinite(numbers(encoder, [missing])).all()


def test_a_rare_tag_weighs_more_than_a_common_one() -> None:
    encoder = ENCODERS[FeatureType.TAGS].fit(column([("common", "rare")] * 2 + [("common",)] * 8))
    _, common, rare = numbers(encoder, [("common", "rare")])[0]
    assert rare > common


def test_an_item_of_which_more_is_said_has_a_larger_size() -> None:
    tags = ENCODERS[FeatureType.TAGS].fit(column([("a",), ("a", "b"), ()]))
    text = ENCODERS[FeatureType.TEXT].fit(column(["short", "a long text", ""]))
    few, many = numbers(tags, [("new",), ("new", "newer")])[:, 0]
    little, much = numbers(text, ["new", "new and longer"])[:, 0]
    assert few < many
    assert little < much


def test_a_tag_of_a_single_item_is_left_out() -> None:
    encoder = ENCODERS[FeatureType.TAGS].fit(column([("a", "only here"), ("a",)]))
    assert encoder.vocabulary_size == 1


def test_a_number_far_beyond_the_known_range_does_not_blow_up() -> None:
    encoder = ENCODERS[FeatureType.NUMBER].fit(column([1.0, 2.0, 3.0]))
    assert np.abs(numbers(encoder, [1e30])).max() <= 3


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20))
def test_the_soft_histogram_of_any_number_sums_to_one(values: list[float]) -> None:
    weights = soft_histogram(np.array(values), np.array([-10.0, 0.0, 3.0, 100.0]))
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-6)


def test_the_soft_histogram_shares_a_value_between_its_neighbours() -> None:
    np.testing.assert_allclose(soft_histogram(np.array([2.5]), np.array([0.0, 10.0, 20.0])), [[0.75, 0.25, 0]])
