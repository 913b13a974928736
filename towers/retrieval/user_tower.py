"""The user tower: one vector from history, context, metadata and id."""

from typing import Any

from pharos.towers.backend import tf
from pharos.towers.retrieval.history_pools import HistoryPools
from pharos.towers.retrieval.precision import Dense, product


class UserTower(tf.keras.layers.Layer):
    """A residual network over the pooled history, L2-normalised.

    The sum of the weighted pools is the plain answer ("more of the same"); a hidden layer over pools, context and
    metadata corrects it. Id and metadata are dropped at random while training: a user without them is normal.
    """

    def __init__(
        self,
        users: int,
        width: int,
        history: HistoryPools,
        dimensions: int,
        hidden: int,
        id_dropout: float,
        *,
        half: bool = False,
    ) -> None:
        """users: known ids, 0 for no id embedding; width: of context and metadata together.

        half: whether training multiplies in bfloat16.
        """
        super().__init__(name="user_tower")
        normal = tf.keras.initializers.RandomNormal
        self._history, self._id_dropout, self._has_ids, self._half = history, id_dropout, users > 0, half
        if self._has_ids:
            self._ids = self.add_weight("ids", (users + 1, dimensions), initializer=normal(stddev=0.01))
        self._pool_shares = self.add_weight(
            "pool_shares", (history.count,), initializer=tf.keras.initializers.Constant(0.3)
        )
        self._direct = self.add_weight("direct", (width, dimensions), initializer="zeros")
        self._bias = self.add_weight("anyone", (dimensions,), initializer=normal(stddev=0.05))
        inputs = history.count * dimensions + width
        self._hidden = tf.keras.layers.Dense(
            hidden, "gelu", kernel_initializer=normal(stddev=inputs**-0.5), name="bend"
        )
        self._out = Dense(
            dimensions, half=half, use_bias=False, kernel_initializer=normal(stddev=0.5 * hidden**-0.5), name="out"
        )

    def call(self, inputs: dict[str, Any], training: bool = False) -> Any:
        """User vectors at the requested positions: float32 [b, p, dimensions], each of length 1.

        inputs: vectors float32 [b, length, d], present, rating float32 [b, length], position int32 [b, p] (none for
        that before each event), context float32 [b, p, c], metadata float32 [b, m], user int32 [b].
        """
        context, position = inputs["context"], inputs.get("position")
        pools = self._history(inputs["vectors"], inputs["present"], inputs["rating"], position, training=training)
        metadata = inputs["metadata"]
        if training:
            metadata *= keep(metadata, 0.1)
        metadata = tf.repeat(metadata[:, None], tf.shape(context)[1], axis=1)
        # Products of two tables: of a table and a stack of them TensorFlow makes one for each of the stack.
        facts = tf.reshape(tf.concat([context, metadata], axis=-1), [-1, context.shape[-1] + metadata.shape[-1]])
        sizes, (count, dimensions) = tf.unstack(tf.shape(pools)[:2]), pools.shape[2:]
        plain = tf.matmul(self._pool_shares[None], tf.reshape(pools, [-1, count, dimensions]))[:, 0]
        bent = self._bend(tf.reshape(pools, [-1, count * dimensions]), facts, half=self._half and training)
        corrected = self._out(bent, training=training)
        vector = tf.reshape(plain + corrected + facts @ self._direct + self._bias, [*sizes, dimensions])
        if self._has_ids:
            vector += self._identity(inputs["user"], training)[:, None]
        return tf.math.l2_normalize(vector, axis=-1)

    def _bend(self, seen: Any, facts: Any, *, half: bool) -> Any:
        """The hidden layer over both: their concatenation would be a copy of what is seen."""
        if not self._hidden.built:
            self._hidden.build([None, seen.shape[-1] + facts.shape[-1]])
        kernel, end = self._hidden.kernel, seen.shape[-1]
        return self._hidden.activation(
            product(seen, kernel[:end], half=half) + facts @ kernel[end:] + self._hidden.bias
        )

    def _identity(self, user: Any, training: bool) -> Any:
        identity = tf.gather(self._ids, user) * tf.cast(user > 0, tf.float32)[:, None]
        return identity * keep(identity, self._id_dropout) if training else identity


def keep(rows: Any, dropout: float) -> Any:
    """A dropout mask over rows: 0 for a share `dropout` of them, else 1: float32 [rows, 1]."""
    return tf.cast(tf.random.uniform([tf.shape(rows)[0], 1]) >= dropout, tf.float32)
