"""The optimizer, and a moving average of the weights; both are cheap for embedding rows that a step does not use."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pharos.towers.backend import tf

_STEPS_BETWEEN_AVERAGES = 8


class RowwiseAdam(tf.keras.optimizers.Adam):
    """Adam (Kingma and Ba, 2015) that updates only those rows of an embedding table that a step uses.

    A step reads a few thousand items of perhaps hundreds of thousands: to let the moments of all others fade, as plain
    Adam does, would cost more than the step itself.
    """

    def update_step(self, gradient: Any, variable: Any) -> None:
        """Update the rows that the gradient names; a dense gradient as plain Adam does."""
        if not isinstance(gradient, tf.IndexedSlices):
            super().update_step(gradient, variable)
            return
        place = self._index_dict[self._var_key(variable)]
        first, second = self._momentums[place], self._velocities[place]
        rows, values = gradient.indices, gradient.values
        mean = self.beta_1 * tf.gather(first, rows) + (1 - self.beta_1) * values
        square = self.beta_2 * tf.gather(second, rows) + (1 - self.beta_2) * tf.square(values)
        first.scatter_update(tf.IndexedSlices(mean, rows))
        second.scatter_update(tf.IndexedSlices(square, rows))
        step = tf.cast(self.iterations + 1, tf.float32)
        correction = tf.sqrt(1 - tf.pow(self.beta_2, step)) / (1 - tf.pow(self.beta_1, step))
        rate = tf.convert_to_tensor(self.learning_rate) * correction
        variable.scatter_sub(tf.IndexedSlices(rate * mean / (tf.sqrt(square) + self.epsilon), rows))


class MovingAverage:
    """An exponential moving average of the weights over training steps, which scores better than the last weights.

    Source: Polyak and Juditsky, 1992. It looks at the weights every eighth step, with the eighth power of the momentum.
    """

    def __init__(self, variables: list[Any], momentum: float) -> None:
        """momentum: by step, from 0 (the last weights) to 1 (the first)."""
        self._variables = variables
        self._momentum = momentum**_STEPS_BETWEEN_AVERAGES
        self._averages = [tf.Variable(variable, trainable=False) for variable in variables]
        self._steps = self._looks = 0
        self._look = tf.function(self._update, autograph=False)

    def step(self) -> None:
        """Update the averages after a training step."""
        self._steps += 1
        if self._steps % _STEPS_BETWEEN_AVERAGES == 0:
            self._looks += 1
            # A lower momentum at first, so that the random initial weights are soon forgotten.
            self._look(tf.constant(min(self._momentum, self._looks / (self._looks + 5)), tf.float32))

    def restart(self) -> None:
        """Forget the averages, since the weights were changed by something else than a step."""
        for average, variable in zip(self._averages, self._variables, strict=True):
            average.assign(variable)

    @property
    def counts(self) -> tuple[int, int]:
        """The counts of steps and of looks at the weights."""
        return self._steps, self._looks

    def restore(self, values: Sequence[npt.NDArray[np.float32]], counts: tuple[int, int]) -> None:
        """Go on from these averages and counts."""
        for average, value in zip(self._averages, values, strict=True):
            average.assign(value)
        self._steps, self._looks = counts

    def values(self) -> list[npt.NDArray[np.float32]]:
        """The averages, in the order of the variables."""
        return [average.numpy() for average in self._averages]

    def _update(self, momentum: Any) -> None:
        for average, variable in zip(self._averages, self._variables, strict=True):
            average.assign_add((1 - momentum) * (variable - average))
