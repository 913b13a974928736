"""The history encoder: past items' own vectors, pooled at several time scales."""

from typing import Any

import numpy as np

from towers.backend import tf

# How fast an event fades, in events: 0 never; 1 keeps the last event only.
_SCALES = (0, 100, 20, 5, 1)
_SMOOTHING = 0.1


class HistoryPools(tf.keras.layers.Layer):
    """Weighted means of the vectors of past events, liked and other events apart.

    Each pool is a mean with exponentially fading weights; several scales side by side hold both a person's lasting
    taste and the last hour. "Liked" is soft and relative to the person's own mean so far. Since the vectors are the
    item tower's, an item that came after training counts like any other.
    """

    def __init__(self, length: int, event_dropout: float) -> None:
        """length: events in a window."""
        super().__init__(name="history")
        self._event_dropout = event_dropout
        lag = np.arange(length + 1)[:, None] - np.arange(length)[None, :] - 1
        weights = [_fading(lag, scale) for scale in _SCALES]
        self._weights = tf.constant(np.stack(weights), tf.float32)
        self.count = 2 * len(weights)

    def call(self, vectors: Any, present: Any, ratings: Any, positions: Any, training: bool = False) -> list[Any]:
        """Pool what lies before each asked position.

        vectors: float32 [b, l, d] with l <= length; present, ratings: float32 [b, l]; positions: int32 [b, p], 0 … l.
        Returns `count` tensors float32 [b, p, d].
        """
        reach = self._weights[:, :, : tf.shape(vectors)[1]]
        weights = tf.transpose(tf.gather(reach, positions, axis=1), [1, 0, 2, 3])
        kept = present
        if training:
            kept *= tf.cast(tf.random.uniform(tf.shape(present)) >= self._event_dropout, tf.float32)
        so_far = tf.cumsum(ratings * present, axis=1) / tf.maximum(tf.cumsum(present, axis=1), 1.0)
        liked = tf.sigmoid(4 * (ratings - so_far) + 1)
        pools = []
        for share in (kept * liked, kept * (1 - liked)):
            total = tf.einsum("bkpl,bld->kbpd", weights, vectors * share[..., None])
            mass = tf.einsum("bkpl,bl->kbp", weights, share)[..., None]
            pools += tf.unstack(total / (mass + _SMOOTHING), num=self.count // 2)
        return pools


def _fading(lag: np.ndarray, scale: int) -> np.ndarray:
    if scale == 1:
        return (lag == 0).astype(np.float32)
    weights = np.exp(-np.maximum(lag, 0) / scale) if scale else np.ones(lag.shape)
    return np.where(lag >= 0, weights, 0).astype(np.float32)
