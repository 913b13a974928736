"""Models as LiteRT graphs, for fast inference on one query.

A call of a SavedModel costs milliseconds, however little there is to compute; the same graph in LiteRT, TensorFlow's
runtime for small machines, a tenth of one.
"""

import os
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from pharos.towers.errors import BundleError

_ANNOUNCEMENT: Final = b"Created TensorFlow Lite XNNPACK delegate"
_STANDARD_ERROR: Final = 2


def compact(function: Any, owner: Any) -> bytes:
    """Convert a tf.function with a fixed signature into a LiteRT graph; owner: the module that holds its variables."""
    from pharos.towers.backend import tf

    converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()], owner)
    return bytes(converter.convert())


class CompactModel:
    """A loaded LiteRT graph. Thread-safe: threads take turns, and a call takes a tenth of a millisecond."""

    def __init__(self, content: bytes) -> None:
        """Raises ValueError where the content is no such graph."""
        from ai_edge_litert.interpreter import Interpreter

        self._graph = Interpreter(model_content=content, num_threads=1)
        self._inputs, self._output = _signature(self._graph)
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._lock = threading.Lock()
        with _without_announcement():
            self._graph.allocate_tensors()

    @classmethod
    def load(cls, file: Path) -> "CompactModel":
        """Read a graph from a file. Raises BundleError where it cannot be read."""
        try:
            return cls(file.read_bytes())
        except (OSError, ValueError) as error:
            raise BundleError(f"{file}: cannot be read ({error}); train a new bundle") from error

    def __call__(self, inputs: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[np.float32]:
        """Run the graph and return its one output. inputs: by the names of the signature."""
        shapes = {name: values.shape for name, values in inputs.items()}
        with self._lock:
            if shapes != self._shapes:  # to lay the graph out anew takes as long as to run it
                self._shapes = {}
                for name, shape in shapes.items():
                    self._graph.resize_tensor_input(self._inputs[name], shape)
                self._graph.allocate_tensors()
                self._shapes = shapes
            for name, values in inputs.items():
                self._graph.set_tensor(self._inputs[name], values)
            self._graph.invoke()
            return np.asarray(self._graph.get_tensor(self._output))


def _signature(graph: Any) -> tuple[dict[str, int], int]:
    """The places of the inputs, by name, and of the one output. While a runner lives, the graph itself cannot run."""
    runner = graph.get_signature_runner()
    (output,) = (detail["index"] for detail in runner.get_output_details().values())
    return {name: detail["index"] for name, detail in runner.get_input_details().items()}, output


@contextmanager
def _without_announcement() -> Iterator[None]:
    """What is written to standard error within, but for the line by which the fast kernels announce themselves.

    They have no setting for it.
    """
    sys.stderr.flush()
    with tempfile.TemporaryFile() as written:
        kept = os.dup(_STANDARD_ERROR)
        os.dup2(written.fileno(), _STANDARD_ERROR)
        try:
            yield
        finally:
            os.dup2(kept, _STANDARD_ERROR)
            os.close(kept)
            written.seek(0)
            for line in written:
                if _ANNOUNCEMENT not in line:
                    os.write(_STANDARD_ERROR, line)
