"""Past events pooled before every position at once, as training does, and before asked ones, as a service does."""

import numpy as np

from pharos.towers.backend import tf
from pharos.towers.retrieval.history_pools import HistoryPools

RNG = np.random.default_rng(3)
ROWS, EVENTS, DIMENSIONS = 4, 7, 5
VECTORS = tf.constant(RNG.normal(size=(ROWS, EVENTS, DIMENSIONS)), tf.float32)
PRESENT = tf.constant(RNG.random((ROWS, EVENTS)) < 0.8, tf.float32)
RATINGS = tf.constant(RNG.normal(size=(ROWS, EVENTS)), tf.float32)
POOLS = HistoryPools(length=10, event_dropout=0.1)


def test_all_positions_at_once_are_pooled_as_each_asked_for_alone() -> None:
    everywhere = POOLS(VECTORS, PRESENT, RATINGS, None).numpy()
    positions = tf.constant(np.tile(np.arange(EVENTS, dtype=np.int32), (ROWS, 1)))
    asked = POOLS(VECTORS, PRESENT, RATINGS, positions).numpy()
    assert everywhere.shape == (ROWS, EVENTS, POOLS.count, DIMENSIONS)
    np.testing.assert_allclose(everywhere, asked, atol=1e-5)


def test_what_comes_later_changes_nothing_before_it() -> None:
    changed = tf.concat([VECTORS[:, :4], VECTORS[:, 4:] + 1], axis=1)
    before = POOLS(VECTORS, PRESENT, RATINGS, None).numpy()
    after = POOLS(changed, PRESENT, RATINGS, None).numpy()
    np.testing.assert_allclose(before[:, :5], after[:, :5], atol=1e-6)
    assert np.abs(before[:, 5:] - after[:, 5:]).max() > 0.1
