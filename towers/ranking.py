"""The ranking model: crosses and a deep head over what candidate and person have to do with each other."""

from typing import Any

import numpy as np

from towers.backend import tf, tfrs
from towers.rank_features import WIDTH, Floats

_CLIP = 5.0


class RankingNetwork(tf.keras.layers.Layer):
    """Several members with the same inputs, whose mean is the score: what one gets wrong by chance, the others mend."""

    def __init__(self, mean: Floats, deviation: Floats, hidden: int, dropout: float, members: int) -> None:
        """mean, deviation: float32 [WIDTH], of the features in training; hidden: units of a member's deep head."""
        super().__init__(name="ranking")
        self._mean = self.add_weight("mean", (WIDTH,), initializer=_as(mean), trainable=False)
        self._deviation = self.add_weight("deviation", (WIDTH,), initializer=_as(deviation), trainable=False)
        self.members = [Member(hidden, dropout, name=f"member_{number}") for number in range(members)]

    def opinions(self, features: Any, training: bool = False) -> list[Any]:
        """Each member's scores: float32 [..., n] for features float32 [..., n, WIDTH]."""
        plain = tf.clip_by_value((features - self._mean) / self._deviation, -_CLIP, _CLIP)
        return [member(plain, training=training) for member in self.members]

    def call(self, features: Any) -> Any:
        """Scores float32 [..., n] of candidates with features float32 [..., n, WIDTH]."""
        return tf.add_n(self.opinions(features)) / len(self.members)


class Member(tf.keras.layers.Layer):
    """DCN-v2 beside a straight line: score = w x + deep(cross(x)).

    It starts as the retrieval's own order, to which crosses (Wang et al., 2021) and deep head add what they learn.
    """

    def __init__(self, hidden: int, dropout: float, name: str) -> None:
        """hidden: units of the deep head's first layer; the second has half of them."""
        super().__init__(name=name)
        start = np.zeros((WIDTH, 1), np.float32)
        start[0] = 1.0  # the retrieval score
        self.line = self.add_weight("line", (WIDTH, 1), initializer=_as(start))
        self._cross = tfrs.layers.dcn.Cross(projection_dim=8)
        self._deep = [tf.keras.layers.Dense(units, "gelu") for units in (hidden, hidden // 2)]
        self._dropout = tf.keras.layers.Dropout(dropout)
        self._out = tf.keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")

    def call(self, plain: Any, training: bool = False) -> Any:
        """Scores float32 [..., n] for standardised features float32 [..., n, WIDTH]."""
        deep = self._cross(plain)
        for layer in self._deep:
            deep = self._dropout(layer(deep), training=training)
        return (plain @ self.line + self._out(deep))[..., 0]

    @property
    def decaying(self) -> list[Any]:
        """The weights that are kept small: all but the straight line."""
        return [weight for weight in self.trainable_weights if weight is not self.line]


class RankingModel(tfrs.Model):
    """The network with a listwise loss: which of a list's candidates came next (Cao et al., 2007)."""

    def __init__(self, network: RankingNetwork, weight_decay: float) -> None:
        """weight_decay: on the squares of all that is trained but the straight lines."""
        super().__init__()
        self.network, self._weight_decay = network, weight_decay
        self._task = tfrs.tasks.Ranking(loss=tf.keras.losses.CategoricalCrossentropy(from_logits=True))

    def compute_loss(self, inputs: dict[str, Any], training: bool = False) -> Any:
        """The mean over lists, summed over members, so that each learns as it would alone.

        inputs: features float32 [b, n, WIDTH], label float32 [b, n], 1 in all of a list.
        """
        opinions = self.network.opinions(inputs["features"], training=training)
        losses = [self._task(labels=inputs["label"], predictions=scores) for scores in opinions]
        sizes = [tf.reduce_sum(tf.square(weight)) for member in self.network.members for weight in member.decaying]
        return tf.add_n(losses) + self._weight_decay * tf.add_n(sizes)


class RankingModule(tf.Module):
    """The network as a graph with a fixed signature, to be saved."""

    def __init__(self, network: RankingNetwork) -> None:
        super().__init__()
        self.network = network
        self.score = tf.function(network, input_signature=[tf.TensorSpec([None, WIDTH], tf.float32, "features")])


def _as(values: Floats) -> Any:
    return tf.keras.initializers.Constant(values)
