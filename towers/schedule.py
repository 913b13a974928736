"""The learning rate over time."""

from typing import Any

from towers.backend import tf


class WarmUp(tf.keras.optimizers.schedules.LearningRateSchedule):
    """Rises in a line over the first steps, then stays: Adam's first estimates of scale are poor."""

    def __init__(self, peak: float, steps: int) -> None:
        """peak: the rate after `steps` steps."""
        self._peak, self._steps = peak, steps

    def __call__(self, step: Any) -> Any:
        """The rate of one step, counted from 0."""
        return self._peak * tf.minimum(1.0, (tf.cast(step, tf.float32) + 1.0) / max(self._steps, 1))

    def get_config(self) -> dict[str, Any]:
        """What the rate is made of."""
        return {"peak": self._peak, "steps": self._steps}
