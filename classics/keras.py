"""Keras 2, imported when a method first trains with it: TensorFlow takes seconds to start."""

import os
from types import ModuleType


def load_keras() -> ModuleType:
    """The module tf_keras, with the switch set that `pharos.towers` sets too: a process must use one Keras."""
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tf_keras

    loaded: ModuleType = tf_keras
    return loaded
