"""The ranking network: DCN-v2 over features of user and candidate, with a listwise loss."""

from typing import Any

import numpy as np

from pharos.towers.backend import tf, tfrs
from pharos.towers.ranking.feature_names import WIDTH, RankFeature
from pharos.towers.ranking.features import Floats

_CLIP = 5.0


class RankingNetwork(tf.keras.layers.Layer):
    """DCN-v2 with a linear part: score = w x + deep(cross(x)).

    It is initialised to the order of the retrieval; crosses (Wang et al., 2021) and deep head learn corrections.
    """

    def __init__(self, mean: Floats, deviation: Floats, hidden: int, dropout: float) -> None:
        """mean, deviation: float32 [WIDTH], of the features in training; hidden: units of the deep head."""
        super().__init__(name="ranking")
        self._mean = self.add_weight("mean", (WIDTH,), initializer=_as(mean), trainable=False)
        self._deviation = self.add_weight("deviation", (WIDTH,), initializer=_as(deviation), trainable=False)
        start = np.zeros((WIDTH, 1), np.float32)
        start[RankFeature.MERGED_SCORE] = 1.0
        self._line = self.add_weight("line", (WIDTH, 1), initializer=_as(start))
        self._cross = tfrs.layers.dcn.Cross(projection_dim=8)
        self._deep = [tf.keras.layers.Dense(units, "relu") for units in (hidden, hidden // 2)]
        self._dropout = tf.keras.layers.Dropout(dropout)
        self._out = tf.keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")

    def call(self, features: Any, training: bool = False) -> Any:
        """Scores float32 [..., n] of candidates with features float32 [..., n, WIDTH]."""
        plain = tf.clip_by_value((features - self._mean) / self._deviation, -_CLIP, _CLIP)
        deep = self._cross(plain)
        for layer in self._deep:
            deep = self._dropout(layer(deep), training=training)
        return (plain @ self._line + self._out(deep))[..., 0]


class RankingModel(tfrs.Model):
    """The network with a listwise softmax loss: which of a list's candidates came next (Cao et al., 2007)."""

    def __init__(self, network: RankingNetwork, weight_decay: float) -> None:
        """weight_decay: on the squares of all that is trained."""
        super().__init__()
        self.network, self._weight_decay = network, weight_decay
        self._task = tfrs.tasks.Ranking(loss=tf.keras.losses.CategoricalCrossentropy(from_logits=True))

    def compute_loss(self, inputs: dict[str, Any], training: bool = False) -> Any:
        """The mean loss over lists. inputs: features float32 [b, n, WIDTH], label float32 [b, n], rows sum to 1."""
        scores = self.network(inputs["features"], training=training)
        size = tf.add_n([tf.reduce_sum(tf.square(weight)) for weight in self.network.trainable_weights[1:]])
        return self._task(labels=inputs["label"], predictions=scores) + self._weight_decay * size


class RankingModule(tf.Module):
    """The network as a tf.Module with a fixed signature, to be exported."""

    def __init__(self, network: RankingNetwork) -> None:
        super().__init__()
        self.network = network
        signature = [tf.TensorSpec([None, WIDTH], tf.float32, "features")]
        self.score = tf.function(network, input_signature=signature, autograph=False)


def _as(values: Floats) -> Any:
    return tf.keras.initializers.Constant(values)
