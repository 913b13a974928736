"""The history encoder: past items' vectors, pooled with exponential decay at several time scales."""

from functools import partial
from typing import Any

import numpy as np

from pharos.towers.backend import tf
from pharos.towers.retrieval.precision import product

# How fast an event fades, in events: 0 never; 1 keeps the last event only.
_SCALES = (0, 100, 20, 5, 1)
_SMOOTHING = 0.1


class HistoryPools(tf.keras.layers.Layer):
    """Weighted means of the vectors of past events, liked events and others apart.

    Each pool is a mean with exponentially fading weights; several scales side by side hold both a person's lasting
    taste and the last hour. "Liked" is soft and relative to the person's own mean so far. Since the vectors are the
    item tower's, an item that came after training counts like any other.
    """

    def __init__(self, length: int, event_dropout: float, *, half: bool = False) -> None:
        """length: events in a window; half: whether training multiplies in bfloat16."""
        super().__init__(name="history")
        self._event_dropout, self._half = event_dropout, half
        lag = np.arange(length + 1)[:, None] - np.arange(length)[None, :] - 1
        weights = [_recency_weights(lag, scale) for scale in _SCALES]
        self._weights = tf.constant(np.stack(weights), tf.float32)
        self.count = 2 * len(weights)

    def call(self, vectors: Any, present: Any, ratings: Any, positions: Any | None, training: bool = False) -> Any:
        """Pool the events before each position.

        vectors: float32 [b, l, d] with l <= length; present, ratings: float32 [b, l]; positions: int32 [b, p], 0 … l,
        None for 0 … l - 1. Returns float32 [b, p, count, d].
        """
        kept = present
        if training:
            kept *= tf.cast(tf.random.uniform(tf.shape(present)) >= self._event_dropout, tf.float32)
        so_far = tf.cumsum(ratings * present, axis=1) / tf.maximum(tf.cumsum(present, axis=1), 1.0)
        liked = tf.sigmoid(4 * (ratings - so_far) + 1)
        shares = tf.stack([kept * liked, kept * (1 - liked)], axis=-1)
        half = self._half and training
        pool = partial(self._at_all, half) if positions is None else partial(self._at, positions)
        # Both kinds side by side, so that a pool is a product of matrices and nothing has to be transposed.
        dimensions = vectors.shape[-1]
        weighted = tf.expand_dims(vectors, 2) * tf.expand_dims(shares, -1)
        total = pool(tf.reshape(weighted, [*tf.unstack(tf.shape(vectors)[:2]), 2 * dimensions]))
        sizes = tf.unstack(tf.shape(total)[:2])
        mass = tf.reshape(pool(shares), [*sizes, self.count, 1])
        return tf.reshape(total, [*sizes, self.count, dimensions]) / (mass + _SMOOTHING)

    def _at(self, positions: Any, values: Any) -> Any:
        """Weighted sums of values [b, l, v] before each position: [b, p, scales, v]."""
        weights = tf.gather(self._weights, positions, axis=1)[..., : tf.shape(values)[1]]
        return tf.einsum("kbpl,blv->bpkv", weights, values)

    def _at_all(self, half: bool, values: Any) -> Any:
        """The pools at positions 0 … l - 1, for which all rows share the weights."""
        rows, events = tf.unstack(tf.shape(values)[:2])
        weights = tf.transpose(self._weights[:, :events, :events], [1, 0, 2])
        sums = product(tf.reshape(weights, [1, -1, events]), values, half=half)
        return tf.reshape(sums, [rows, events, len(_SCALES), values.shape[-1]])


def _recency_weights(lag: np.ndarray, scale: int) -> np.ndarray:
    if scale == 1:
        return (lag == 0).astype(np.float32)
    weights = np.exp(-np.maximum(lag, 0) / scale) if scale else np.ones(lag.shape)
    return np.where(lag >= 0, weights, 0).astype(np.float32)
