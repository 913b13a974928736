"""Spectral initialisation of the id embeddings, from co-occurrence instead of random numbers."""

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from pharos.towers.histories.sequences import Sequences
from pharos.towers.neighbours.pairs import Pairs, damped
from pharos.towers.progress import Progress, Silent, Task
from pharos.towers.sparse import empty

# Events added to every item, so that chance pairs of rare items do not make a direction.
_DAMPING = 10.0
_TOGETHER = 0.5
# Directions sought beyond those that are kept, and how often they are sharpened (Halko et al., 2011).
_MORE = 20
_SWEEPS = 6
# Of the counts of more pairs than fit into half a GB only the strongest of each item are looked at.
_MOST_ENTRIES = 64_000_000


def spectral_start(
    sequences: Sequences, items: int, dimensions: int, rng: np.random.Generator, progress: Progress | None = None
) -> npt.NDArray[np.float32]:
    """Initial vectors of the items: float32 [items, dimensions], of length 1, or 0 for items without co-occurrence.

    The leading eigenvectors of the damped counts of pairs, weighted by the roots of their values: products of two rows
    come as close to these counts as so few numbers can (Levy and Goldberg, 2014, on what embeddings factorise).
    """
    shown = progress or Silent()
    with shown.task("Counting pairs of items", items) as task:
        matrix = _damped_counts(sequences, items, task)
    wanted = min(dimensions, items)
    basis = rng.normal(size=(items, min(wanted + _MORE, items)))
    with shown.task("First vectors", _SWEEPS) as task:
        for _ in range(_SWEEPS):
            basis = np.linalg.qr(matrix @ basis)[0]
            task.advance()
    values, directions = np.linalg.eigh(basis.T @ (matrix @ basis))
    leading = np.argsort(-values)[:wanted]
    vectors = np.zeros((items, dimensions), np.float32)
    vectors[:, : len(leading)] = (basis @ directions[:, leading]) * np.sqrt(np.maximum(values[leading], 0))
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)


def _damped_counts(sequences: Sequences, items: int, task: Task) -> sp.csr_matrix:
    """The damped counts of pairs in either order: float32 CSR [items, items]."""
    scale = (np.bincount(sequences.item, minlength=items) + _DAMPING) ** -0.5
    blocks = [empty(0, items)]
    for block in Pairs(sequences, items).blocks():
        counts = block.after + block.before + _TOGETHER * block.together
        blocks.append(damped(counts, block.items, scale, max(_MOST_ENTRIES // items, 1)))
        task.advance(blocks[-1].shape[0])
    return sp.csr_matrix(sp.vstack(blocks))
