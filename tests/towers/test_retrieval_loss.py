"""The loss of the retrieval model equals its formula written out, and so do its gradients."""

from typing import Any

import numpy as np
import pytest

from pharos.towers.backend import tf
from pharos.towers.retrieval.model import SharedCandidates, rows_of

RNG = np.random.default_rng(5)
QUERIES, CANDIDATES, DIMENSIONS = 6, 9, 4
POSITIVES = RNG.integers(CANDIDATES, size=(QUERIES, 2)).astype(np.int32)
SHARES = np.full((QUERIES, 2), 0.5, np.float32)
PROBABILITY = RNG.uniform(0.01, 1, CANDIDATES).astype(np.float32)
MASK = RNG.random((QUERIES, CANDIDATES)) < 0.7
UNITS = RNG.normal(size=(QUERIES + CANDIDATES, DIMENSIONS))
UNITS /= np.linalg.norm(UNITS, axis=1, keepdims=True)


# At the second scale e to the logits is no float any more.
@pytest.mark.parametrize("scale", [6.0, 300.0])
def test_the_loss_and_its_gradients_are_those_of_the_formula(scale: float) -> None:
    queries, candidates = (tf.constant(part, tf.float64) for part in np.split(UNITS, [QUERIES]))
    expected = _with_gradients(_written_out, scale * queries, candidates)
    task = SharedCandidates()

    def loss(queries: Any, candidates: Any) -> Any:
        named = {"positives": POSITIVES, "shares": SHARES, "probability": PROBABILITY, "score_mask": tf.constant(MASK)}
        return task(queries, candidates, **named)

    actual = _with_gradients(loss, *(tf.cast(part, tf.float32) for part in (scale * queries, candidates)))
    for ours, reference in zip(actual, expected, strict=True):
        np.testing.assert_allclose(ours, reference, rtol=2e-4, atol=1e-5)


def test_rows_read_twice_get_the_sum_of_their_gradients() -> None:
    table, places = tf.constant(UNITS), tf.constant([[0, 2], [2, 2]])
    weights = tf.constant(RNG.normal(size=(2, 2, DIMENSIONS)))
    ours = _with_gradients(lambda table: tf.reduce_sum(rows_of(table, places) * weights), table)
    expected = _with_gradients(lambda table: tf.reduce_sum(tf.gather(table, places) * weights), table)
    np.testing.assert_allclose(ours[1], tf.convert_to_tensor(expected[1]))


def _written_out(queries: Any, candidates: Any) -> Any:
    logits = tf.matmul(queries, candidates, transpose_b=True) - np.log(PROBABILITY).astype(np.float64)
    negatives = tf.reduce_logsumexp(tf.where(MASK, logits, tf.constant(-np.inf, tf.float64)), axis=1, keepdims=True)
    positive = tf.gather(logits, POSITIVES, batch_dims=1)
    both = tf.stack([positive, tf.broadcast_to(negatives, tf.shape(positive))])
    return tf.reduce_mean(tf.reduce_sum((tf.reduce_logsumexp(both, axis=0) - positive) * SHARES, axis=1))


def _with_gradients(function: Any, *inputs: Any) -> list[Any]:
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        value = function(*inputs)
    return [value, *tape.gradient(value, inputs)]
