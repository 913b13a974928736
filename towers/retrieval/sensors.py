"""Layers of the item tower for pictures, series and words, trained with it from scratch."""

from typing import Any

from pharos.towers.backend import tf
from pharos.towers.features.encoders.sensor import Sensor, SensorKind

_CHANNELS = 32


def sensor_layer(sensor: Sensor, units: int, name: str) -> Any:
    """The layer that reads a sensor's columns: from float32 [n, columns] to float32 [n, units]."""
    return (WordsLayer if sensor.kind is SensorKind.WORDS else SensorLayer)(sensor, units, name)


class WordsLayer(tf.keras.layers.Layer):
    """A GRU (Cho et al., 2014) over the words of a text: mean and last state, projected.

    A text without a known word gives zeros.
    """

    def __init__(self, sensor: Sensor, units: int, name: str) -> None:
        """units: of what it gives."""
        super().__init__(name=name)
        words = tf.keras.initializers.RandomNormal(stddev=1.0)
        self._words = self.add_weight("words", (sensor.words + 1, _CHANNELS), initializer=words)
        self._gru = tf.keras.layers.RNN(tf.keras.layers.GRUCell(_CHANNELS), return_sequences=True, name="gru")
        scale = tf.keras.initializers.RandomNormal(stddev=_CHANNELS**-0.5)
        self._out = tf.keras.layers.Dense(units, use_bias=False, kernel_initializer=scale, name="out")

    def call(self, columns: Any) -> Any:
        """float32 [n, units] from codes of words, float32 [n, words]."""
        codes = tf.cast(columns, tf.int32)
        there = codes > 0
        states = self._gru(tf.gather(self._words, codes), mask=there)
        kept = tf.cast(there, tf.float32)[:, :, None]
        total = tf.reduce_sum(kept, axis=1)
        mean = tf.reduce_sum(states * kept, axis=1) / tf.maximum(total, 1.0)
        # After the last word the state stays as it was.
        return self._out(tf.concat([mean, states[:, -1]], axis=1)) * tf.cast(total > 0, tf.float32)


class SensorLayer(tf.keras.layers.Layer):
    """Two convolutions over a picture or along a series: mean and maximum, projected.

    What is missing gives zeros: the projection has no bias, and the flag takes away what is left.
    """

    def __init__(self, sensor: Sensor, units: int, name: str) -> None:
        """units: of what it gives."""
        super().__init__(name=name)
        self._sensor = sensor
        convolution = tf.keras.layers.Conv2D if sensor.kind is SensorKind.IMAGE else tf.keras.layers.Conv1D
        stride = 2 if sensor.kind is SensorKind.IMAGE else 1
        self._first = convolution(_CHANNELS // 2, 3, stride, "same", activation="gelu", name="first")
        self._second = convolution(_CHANNELS, 3, 2, "same", activation="gelu", name="second")
        scale = tf.keras.initializers.RandomNormal(stddev=(2 * _CHANNELS) ** -0.5)
        self._out = tf.keras.layers.Dense(units, use_bias=False, kernel_initializer=scale, name="out")

    def call(self, columns: Any) -> Any:
        """float32 [n, units] from the sensor's columns, float32 [n, numbers of the array + masks]."""
        mask = columns[:, -self._sensor.masks :]
        array = tf.reshape(columns[:, : -self._sensor.masks], [-1, *self._sensor.shape])
        seen = self._second(self._first(array))
        seen = tf.reshape(seen, [-1, seen.shape[1] * (seen.shape[2] if seen.shape.rank == 4 else 1), _CHANNELS])
        # A missing picture, and the steps after the end of a series, are masked.
        there = mask[:, ::2, None] if self._sensor.kind is SensorKind.SERIES else mask[:, :, None]
        there = tf.broadcast_to(there, [tf.shape(seen)[0], seen.shape[1], 1])
        total = tf.reduce_sum(there, axis=1)
        mean = tf.reduce_sum(seen * there, axis=1) / tf.maximum(total, 1.0)
        # A gelu is never far below zero, so zeros can stand for masked steps in the maximum.
        highest = tf.reduce_max(seen * there, axis=1)
        return self._out(tf.concat([mean, highest], axis=1)) * tf.cast(total > 0, tf.float32)
