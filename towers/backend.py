"""The one place that imports TensorFlow: every module of this package takes `tf` and `tfrs` from here.

TensorFlow's native start-up writes to file descriptor 2 before any log level counts. A person who asks for ten
films should not read about missing accelerators, so what it writes during the import is held back, and given out
again only if the import fails.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _native_log_silenced() -> Iterator[None]:
    sys.stderr.flush()
    with tempfile.TemporaryFile() as held:
        visible = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(visible, held.read())
            raise
        finally:
            os.dup2(visible, 2)
            os.close(visible)


with _native_log_silenced():
    import tensorflow as tf
    import tensorflow_recommenders as tfrs

    # The first operation starts the runtime, which logs once more.
    tf.constant(0)

tf.get_logger().setLevel("ERROR")

__all__ = ["tf", "tfrs"]
