"""The item tower: one vector from an item's id and metadata."""

from collections.abc import Mapping
from typing import Any

from pharos.towers.backend import tf
from pharos.towers.features.encoders import Sensor
from pharos.towers.retrieval.precision import Dense, product
from pharos.towers.retrieval.sensors import sensor_layer

_START = 0.4
"""The length of an id's first vector, beside that of the metadata."""


class ItemTower(tf.keras.layers.Layer):
    """Id embedding plus projected metadata, L2-normalised.

    The id embedding is dropped at random while training and absent for an item that training never saw, so the
    metadata learns to stand alone (DropoutNet: Volkovs et al., 2017). A learnt vector stands in for the absent id.
    """

    def __init__(
        self,
        items: int,
        width: int,
        vocabulary: int,
        dimensions: int,
        hidden: int,
        id_dropout: float,
        alone: bool,
        sensors: Mapping[int, Sensor] | None = None,
        *,
        half: bool = False,
    ) -> None:
        """items: known ids; width, vocabulary: of the encoded features; hidden: units of the metadata encoder.

        alone: whether the id of a known item stands alone, and metadata only in its place; all items then start at
        almost one spot, from which rare ones never get far. Otherwise both add up, and items start apart. sensors: the
        columns of pictures and series, by the first of each. half: whether training multiplies in bfloat16.
        """
        super().__init__(name="item_tower")
        self._id_dropout, self._alone, self._half = id_dropout, alone, half
        normal = tf.keras.initializers.RandomNormal
        ids = normal(mean=0.05, stddev=0.01) if alone else normal(stddev=0.05)
        self._ids = self.add_weight("ids", (items + 1, dimensions), initializer=ids)
        absent = tf.keras.initializers.Constant(0.05 if alone else 0.0)
        self._absent = self.add_weight("absent", (dimensions,), initializer=absent)
        self._sensors, self._plain, end = list[tuple[slice, Any]](), list[slice](), 0
        for start, sensor in (sensors or {}).items():
            self._plain.append(slice(end, start))
            end = start + sensor.width
            layer = sensor_layer(sensor, hidden, f"{sensor.kind}_{len(self._sensors)}")
            setattr(self, f"_{layer.name}", layer)  # Keras looks for layers among attributes and lists, not in pairs
            self._sensors.append((slice(start, end), layer))
        self._plain.append(slice(end, width))
        plain = sum(part.stop - part.start for part in self._plain)
        self._dense = self.add_weight("dense", (plain, hidden), initializer=normal(stddev=max(plain, 1) ** -0.5))
        self._tags = self.add_weight("tags", (vocabulary, hidden), initializer=normal(stddev=0.1))
        self._bias = self.add_weight("bias", (hidden,), initializer="zeros")
        scale = hidden**-0.5
        out = 0.01 * scale if alone else 0.5 * scale
        self._linear = _dense(dimensions, out, "linear", half)
        self._hidden = _dense(hidden, scale, "bend", half, activation="gelu")
        self._deep = _dense(dimensions, out, "deep", half)

    def start(self, codes: Any, vectors: Any) -> None:
        """Initialise id embeddings. codes: int32 [n]; vectors: float32 [n, dimensions], of length 1 or less."""
        self._ids.scatter_update(tf.IndexedSlices(_START * vectors, codes))

    def forget_ids(self) -> None:
        """Set all id embeddings to zero, for towers that learnt nothing, so that the metadata alone decides."""
        self._ids.assign(tf.zeros_like(self._ids))
        self._absent.assign(tf.zeros_like(self._absent))

    def call(self, inputs: dict[str, Any], training: bool = False) -> Any:
        """inputs: see pharos.towers.retrieval.inputs.item_inputs. Returns float32 [n, dimensions], each of length 1."""
        known = tf.cast(inputs["code"] > 0, tf.float32)[:, None]
        if training:
            kept = tf.random.uniform(tf.shape(known)) >= self._id_dropout
            known *= tf.cast(kept, tf.float32)
        identity = known * tf.gather(self._ids, inputs["code"]) + (1 - known) * self._absent
        metadata = self._metadata(inputs, training)
        if self._alone:
            metadata *= 1 - known
        return tf.math.l2_normalize(identity + metadata, axis=1)

    def _metadata(self, inputs: dict[str, Any], training: bool) -> Any:
        rows = tf.shape(inputs["dense"])[0]
        weighted = tf.gather(self._tags, inputs["tag"]) * inputs["tag_weight"][:, None]
        tags = tf.math.segment_sum(weighted, inputs["tag_row"])
        # segment_sum ends at the last row that has a tag.
        tags = tf.pad(tags, [[0, rows - tf.shape(tags)[0]], [0, 0]])
        columns = inputs["dense"]
        plain = tf.concat([columns[:, part] for part in self._plain], axis=1) if self._sensors else columns
        mixed = product(plain, self._dense, half=self._half and training) + tags + self._bias
        for part, layer in self._sensors:
            mixed += layer(columns[:, part])
        bent = self._deep(self._hidden(mixed, training=training), training=training)
        return self._linear(mixed, training=training) + bent


def _dense(units: int, deviation: float, name: str, half: bool, activation: str | None = None) -> Any:
    initializer = tf.keras.initializers.RandomNormal(stddev=deviation)
    return Dense(units, activation, half=half, use_bias=False, kernel_initializer=initializer, name=name)
