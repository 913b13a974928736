"""Learning rate schedules."""

from typing import Any

from pharos.towers.backend import tf


class WarmUpAndDecay(tf.keras.optimizers.schedules.LearningRateSchedule):
    """Linear warm-up, since Adam's first estimates of scale are poor; then linear decay to 0.

    A falling rate settles where a steady one would wander, so the last epochs are the best ones.
    """

    def __init__(self, peak: float, warm_up: int, total: int) -> None:
        """peak: the rate after `warm_up` steps; total: the steps after which it is 0."""
        self._peak, self._warm_up, self._total = peak, max(min(warm_up, total // 2), 1), total

    def __call__(self, step: Any) -> Any:
        """The learning rate of one step, counted from 0."""
        done = tf.cast(step, tf.float32)
        rising = (done + 1.0) / self._warm_up
        falling = (self._total - done) / max(self._total - self._warm_up, 1)
        return self._peak * tf.clip_by_value(tf.minimum(rising, falling), 0.0, 1.0)

    def get_config(self) -> dict[str, Any]:
        """The parameters, as Keras asks for them."""
        return {"peak": self._peak, "warm_up": self._warm_up, "total": self._total}


class WarmUpAndSteps(tf.keras.optimizers.schedules.LearningRateSchedule):
    """Linear warm-up, then constant until `fall` is called."""

    def __init__(self, peak: float, warm_up: int) -> None:
        """peak: the rate after `warm_up` steps."""
        self._peak, self._warm_up = peak, max(warm_up, 1)
        self._share = tf.Variable(1.0, trainable=False, dtype=tf.float32)

    def fall(self, factor: float) -> None:
        """Multiply the learning rate by `factor` from here on."""
        self._share.assign(self._share * factor)

    @property
    def share(self) -> float:
        """The product of all factors so far."""
        return float(self._share.numpy())

    @share.setter
    def share(self, share: float) -> None:
        self._share.assign(share)

    def __call__(self, step: Any) -> Any:
        """The learning rate of one step, counted from 0."""
        rising = (tf.cast(step, tf.float32) + 1.0) / self._warm_up
        return self._peak * self._share * tf.minimum(rising, 1.0)

    def get_config(self) -> dict[str, Any]:
        """The parameters, as Keras asks for them."""
        return {"peak": self._peak, "warm_up": self._warm_up}
