"""Saving and loading the sources of a bundle: one JSON file and one file of arrays."""

import io
import json
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from pharos.towers.content.encoder import COLUMNS, ContentEncoder
from pharos.towers.content.taste import Taste
from pharos.towers.neighbours.settings import NeighbourSettings
from pharos.towers.neighbours.weights import Neighbours
from pharos.towers.retrieval.inputs import InputSpec
from pharos.towers.sources.learnt import Sources
from pharos.towers.sources.merging import MergeWeights

STATE: Final = "sources.json"
ARRAYS: Final = "sources.npz"


def write_sources(folder: Path, sources: Sources) -> None:
    """Write both files into `folder`."""
    state = {
        "settings": sources.settings.model_dump(),
        "weights": sources.weights.state(),
        "encoder": sources.encoder.state(),
        "first_column": sources.taste.first,
    }
    (folder / STATE).write_text(json.dumps(state, ensure_ascii=False), "utf-8")
    arrays: dict[str, npt.NDArray[np.generic]] = {"spread": sources.taste.spread}
    arrays |= _parts("neighbours", sources.neighbours.weights) | _parts("content", sources.content)
    content = io.BytesIO()
    np.savez(content, **arrays)  # type: ignore[arg-type]
    (folder / ARRAYS).write_bytes(content.getvalue())


def read_sources(folder: Path, spec: InputSpec) -> Sources:
    """The inverse. Raises OSError, ValueError, KeyError or BadZipFile where a file is missing or damaged."""
    state = json.loads((folder / STATE).read_text("utf-8"))
    settings = NeighbourSettings.model_validate(state["settings"])
    count = len(spec.items)
    with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
        weights = _matrix("neighbours", arrays, (count, count))
        content = _matrix("content", arrays, (count, COLUMNS))
        taste = Taste(state["first_column"], arrays["spread"])
    encoder = ContentEncoder.from_state(state["encoder"])
    neighbours = Neighbours(weights, settings.fade)
    return Sources(spec, neighbours, encoder, taste, content, MergeWeights.from_state(state["weights"]), settings)


def _parts(name: str, matrix: sp.csr_matrix) -> dict[str, npt.NDArray[np.generic]]:
    return {f"{name}_data": matrix.data, f"{name}_columns": matrix.indices, f"{name}_starts": matrix.indptr}


def _matrix(name: str, arrays: np.lib.npyio.NpzFile, shape: tuple[int, int]) -> sp.csr_matrix:
    parts = tuple(arrays[f"{name}_{part}"] for part in ("data", "columns", "starts"))
    return sp.csr_matrix(parts, shape=shape)
