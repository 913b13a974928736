"""Training steps: batches of histories, each with the sampled candidates of the softmax."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from pharos.towers.features.encoding import FeatureRows
from pharos.towers.histories.context import context
from pharos.towers.histories.sequences import Batch, Sequences, Stretch, gather, in_batches, stretches
from pharos.towers.retrieval.inputs import InputSpec, item_inputs


@dataclass(frozen=True)
class TrainingData:
    """All training data, as arrays.

    spec: how inputs are made. sequences: the events; their item rows count the `catalogue` of n items with an event.
    item_rows: the encoded features of the catalogue; codes: int32 [n], their ids' codes.
    metadata: float32 [u, m] of the users; user_codes: int32 [u].
    """

    spec: InputSpec
    sequences: Sequences
    item_rows: FeatureRows
    codes: npt.NDArray[np.int32]
    metadata: npt.NDArray[np.float32]
    user_codes: npt.NDArray[np.int32]

    @property
    def items(self) -> int:
        """The count of items with an event."""
        return len(self.codes)


class TrainingSteps(ABC):
    """The training steps of an epoch, sampled anew for each epoch."""

    def __init__(self, data: TrainingData, events: int, negatives: int, rng: np.random.Generator) -> None:
        """Prepare the events.

        events: places in a batch; negatives: uniform draws from the catalogue, all of it where it is no larger.
        """
        self._data, self._events, self._negatives, self._rng = data, events, negatives, rng
        sequences = data.sequences
        user = np.repeat(np.arange(len(sequences.users)), np.diff(sequences.offsets))
        shape = (len(sequences.users), data.items)
        self._known = sp.csr_matrix((np.ones(len(sequences), bool), (user, sequences.item)), shape=shape)
        self._share = np.bincount(sequences.item, minlength=data.items) / max(len(sequences), 1)
        self._all_items = item_inputs(data.codes, data.item_rows)

    @abstractmethod
    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The inputs of `RetrievalModel.compute_loss`, a step at a time."""

    @abstractmethod
    def count(self) -> int:
        """The approximate count of steps in an epoch."""

    def chance(self) -> float:
        """The loss of guessing: the mean over targets of ln(candidates), without the user's known items."""
        known = np.diff(self._data.sequences.offsets)
        return float(np.average(np.log(self._data.items - self._known.getnnz(axis=1) + 1), weights=known))

    def _tower_inputs(self, batch: Batch, rows: npt.NDArray[np.int64]) -> dict[str, Any]:
        """What both towers read in a step with the candidates `rows`."""
        data = self._data
        everything = len(rows) == data.items
        return {
            "items": self._all_items if everything else item_inputs(data.codes[rows], data.item_rows.take(rows)),
            "item": _places(rows, batch.item),
            "present": batch.windows.present.astype(np.float32),
            "rating": batch.windows.ratings,
            "metadata": data.metadata[batch.user],
            "user": data.user_codes[batch.user],
        }

    def _candidates(self, batch: Batch) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """The items of a step, sorted, and the chance of each to be among them.

        An item comes in by an event of the batch or by a uniform draw: with m events and k draws from n items, one
        that has the share s of all events is left out with the chance (1 - s)^m (1 - k / n).
        """
        items = self._data.items
        if self._negatives >= items:
            return np.arange(items), np.ones(items, np.float32)
        drawn = self._rng.choice(items, self._negatives, replace=False)
        present = batch.item[batch.windows.present]
        following = batch.positive[batch.positive >= 0]
        # Padding points at item 0, which therefore has to be there.
        rows = np.unique(np.concatenate([drawn, present, following, [0]]))
        missed = (1 - self._share[rows]) ** len(present) * (1 - self._negatives / items)
        return rows, (1 - missed).astype(np.float32)


class Steps(TrainingSteps):
    """Training steps for data with timestamps: each event is predicted from those before it."""

    def __init__(self, data: TrainingData, events: int, negatives: int, ahead: int, rng: np.random.Generator) -> None:
        """ahead: how many of the events after each state are its positives; the others as in `TrainingSteps`."""
        super().__init__(data, events, negatives, rng)
        self._ahead = ahead

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """See `TrainingSteps`."""
        for part in self._batches(self._rng):
            yield self._step(gather(self._data.sequences, part, self._data.spec.scale, self._ahead))

    def count(self) -> int:
        """See `TrainingSteps`."""
        return len(self._batches(np.random.default_rng(0)))

    def _batches(self, rng: np.random.Generator) -> Sequence[list[Stretch]]:
        return in_batches(stretches(self._data.sequences, self._data.spec.length), self._events, rng)

    def _step(self, batch: Batch) -> dict[str, Any]:
        rows, probability = self._candidates(batch)
        there = batch.positive >= 0
        return {
            **self._tower_inputs(batch, rows),
            "context": context(batch.windows),
            "place": batch.place,
            "positive": _places(rows, np.where(there, batch.positive, 0)),
            "share": (there / there.sum(axis=1, keepdims=True)).astype(np.float32),
            "known": self._known[batch.user][:, rows].toarray(),
            "probability": probability,
        }


def _places(rows: npt.NDArray[np.int64], items: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """The position of each of `items` in the sorted `rows`."""
    return np.searchsorted(rows, items).astype(np.int32)
