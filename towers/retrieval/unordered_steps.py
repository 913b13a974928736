"""Training steps for data without timestamps: a random part of each history predicts the rest."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from pharos.towers.histories.sequences import Batch, gather, whole_histories
from pharos.towers.retrieval.inputs import context_at
from pharos.towers.retrieval.linear_teacher import LinearTeacher
from pharos.towers.retrieval.steps import TrainingData, TrainingSteps

_KEPT = 0.7
# A user is one example per pass, so an epoch has several passes.
_PASSES = 5
# The weight of the teacher's distribution in the target; the rest is that of the events.
_TAUGHT = 0.9


class UnorderedSteps(TrainingSteps):
    """Each user's history is split at random, anew for each epoch: one part is the input, the rest the targets.

    The likelihood is multinomial (Mult-VAE: Liang et al., 2018). On events alone the towers soon overfit, so most
    of the weight is on a linear teacher's distribution (distillation: Hinton et al., 2015).
    """

    def __init__(self, data: TrainingData, events: int, negatives: int, rng: np.random.Generator) -> None:
        """As `TrainingSteps`."""
        super().__init__(data, events, negatives, rng)
        self._teacher = LinearTeacher.fit(self._known)
        lengths = np.minimum(np.diff(data.sequences.offsets), data.spec.length)
        self._users = max(round(events / lengths.mean()), 1)
        # A user's weight is the square root of the target count, so that few long histories do not outweigh all others.
        self._typical = float(np.sqrt(lengths * (1 - _KEPT)).mean())

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """See `TrainingSteps`."""
        for _ in range(_PASSES):
            sequences = self._data.sequences.shuffled(self._rng)
            cut = whole_histories(sequences, self._data.spec.length)
            order = self._rng.permutation(len(cut))
            for part in np.split(order, range(self._users, len(cut), self._users)):
                yield self._step(gather(sequences, [cut[user] for user in part], self._data.spec.scale, 1))

    def count(self) -> int:
        """See `TrainingSteps`."""
        return _PASSES * -(-len(self._data.sequences.users) // self._users)

    def _step(self, batch: Batch) -> dict[str, Any]:
        present = batch.windows.present
        rows, probability = self._candidates(batch)
        count = present.sum(axis=1)
        position = np.minimum(self._rng.binomial(count, _KEPT), count - 1).astype(np.int32)[:, None]
        shown = present & (np.arange(present.shape[1]) < position)
        wanted = self._matrix(batch, present & ~shown)[:, rows].toarray()
        masked = self._known[batch.user][:, rows].toarray() & ~wanted
        logits = self._teacher.logits(self._matrix(batch, shown).astype(np.float32), rows) - np.log(probability)
        own = wanted / wanted.sum(axis=1, keepdims=True)
        return {
            **self._tower_inputs(batch, rows),
            "position": position,
            "context": context_at(batch.windows, position),
            "place": np.arange(len(batch.user)),
            "target": (_TAUGHT * _softmax(logits, ~masked) + (1 - _TAUGHT) * own).astype(np.float32),
            "weight": (np.sqrt(count - position[:, 0]) / self._typical).astype(np.float32),
            "known": masked,
            "probability": probability,
        }

    def _matrix(self, batch: Batch, chosen: npt.NDArray[np.bool_]) -> sp.csr_matrix:
        """The chosen events of a batch as a matrix, bool [b, items]."""
        rows, columns = chosen.nonzero()
        entries = (np.ones(len(rows), bool), (rows, batch.item[rows, columns]))
        return sp.csr_matrix(entries, shape=(len(batch.user), self._data.items))


def _softmax(logits: npt.NDArray[np.float32], there: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Softmax along rows, over the places where the mask is True."""
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True)) * there
    return exponentials / exponentials.sum(axis=1, keepdims=True)
