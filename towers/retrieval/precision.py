"""Mixed precision: products of matrices in bfloat16 while training, all else in float32."""

from typing import Any

from pharos.towers.backend import tf


def product(first: Any, second: Any, *, half: bool, transpose_a: bool = False) -> Any:
    """The product of two matrices, or of stacks of them, float32.

    half: whether to multiply in bfloat16 (Micikevicius et al., 2018, with Google's format). It has the range of
    float32, so that no loss has to be scaled, and eight bits of precision; processors add the products up in float32.
    """
    if not half:
        return tf.matmul(first, second, transpose_a=transpose_a)
    short = tf.matmul(tf.cast(first, tf.bfloat16), tf.cast(second, tf.bfloat16), transpose_a=transpose_a)
    return tf.cast(short, tf.float32)


class Dense(tf.keras.layers.Dense):
    """Keras's dense layer on tables [n, inputs] or stacks of them, with mixed precision while training.

    Its weights are float32. When it is not training, and in the graphs that are exported, everything is.
    """

    def __init__(self, units: int, activation: str | None = None, *, half: bool, **options: Any) -> None:
        """half: whether training multiplies in bfloat16; the others as Keras takes them."""
        super().__init__(units, activation, **options)
        self._half = half

    def call(self, inputs: Any, training: bool = False) -> Any:
        """float32 [..., units]."""
        outputs = product(inputs, self.kernel, half=self._half and training)
        return self.activation(outputs + self.bias if self.use_bias else outputs)
