"""The user tower for data without timestamps: a history is a set of items."""

from typing import Any

from pharos.towers.backend import tf
from pharos.towers.retrieval.precision import Dense
from pharos.towers.retrieval.user_tower import keep


class UnorderedUserTower(tf.keras.layers.Layer):
    """A linear map of the summed history plus a hidden layer, L2-normalised.

    All events have the same weight, divided by the square root of their count. In training the vector is not
    normalised, so that a long history can give larger logits. The hidden layer is initialised to zero and uses a
    dropout of one half, since without an order of events it overfits to single users.
    """

    def __init__(
        self, users: int, width: int, dimensions: int, hidden: int, id_dropout: float, *, half: bool = False
    ) -> None:
        """users: known ids, 0 for no id embedding; width: of context and metadata together.

        half: whether training multiplies in bfloat16.
        """
        super().__init__(name="user_tower")
        normal = tf.keras.initializers.RandomNormal
        self._id_dropout, self._has_ids = id_dropout, users > 0
        if self._has_ids:
            self._ids = self.add_weight("ids", (users + 1, dimensions), initializer="zeros")
        self._map = self.add_weight("map", (dimensions, dimensions), initializer="identity")
        self._bias = self.add_weight("anyone", (dimensions,), initializer=normal(stddev=0.05))
        deviation = (dimensions + width) ** -0.5
        self._hidden = Dense(hidden, "gelu", half=half, kernel_initializer=normal(stddev=deviation), name="bend")
        self._drop = tf.keras.layers.Dropout(0.5)
        self._out = Dense(dimensions, half=half, use_bias=False, kernel_initializer="zeros", name="out")

    def call(self, inputs: dict[str, Any], training: bool = False) -> Any:
        """User vectors at the requested positions: float32 [b, p, dimensions], of length 1 except while training.

        inputs: as those of `pharos.towers.retrieval.user_tower.UserTower`.
        """
        position, metadata = inputs["position"], inputs["metadata"]
        before = tf.range(tf.shape(inputs["present"])[1])[None, None] < position[..., None]
        counted = tf.cast(before, tf.float32) * inputs["present"][:, None]
        total = tf.matmul(counted, inputs["vectors"])
        summed = total / tf.sqrt(tf.maximum(tf.reduce_sum(counted, axis=-1, keepdims=True), 1.0))
        if training:
            metadata *= keep(metadata, 0.1)
        metadata = tf.repeat(metadata[:, None], tf.shape(position)[1], axis=1)
        hidden = self._hidden(tf.concat([summed, inputs["context"], metadata], axis=-1), training=training)
        vector = summed @ self._map + self._out(self._drop(hidden, training=training), training=training) + self._bias
        if self._has_ids:
            identity = tf.gather(self._ids, inputs["user"]) * tf.cast(inputs["user"] > 0, tf.float32)[:, None]
            vector += (identity * keep(identity, self._id_dropout) if training else identity)[:, None]
        return vector if training else tf.math.l2_normalize(vector, axis=-1)
