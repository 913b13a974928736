"""The input of methods: interactions as codes, and the documents of items."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from pharos.classics.scoring import Codes

Vectors = NDArray[np.float32]
Floats = NDArray[np.float64]


class Need(StrEnum):
    """What a method needs besides the interactions."""

    DOCUMENTS = "text or tags of the items"
    TEXT_VECTORS = "vectors of the text model"
    ORDER = "timestamps"


@dataclass(frozen=True)
class Document:
    """The document of an item: running words, and its tags and categories as whole values."""

    words: str = ""
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sequences:
    """Events in order. users, items: int64 [events], codes; each user's events stand from oldest to newest."""

    users: Codes
    items: Codes

    def __len__(self) -> int:
        """Count of events."""
        return len(self.items)

    def from_end(self) -> Codes:
        """The count of later events of the same user: int64 [events], 0 for each user's newest."""
        last = np.flatnonzero(np.append(self.users[1:] != self.users[:-1], True)) if len(self) else self.users
        return np.repeat(last, np.diff(last, prepend=-1)) - np.arange(len(self))


@dataclass(frozen=True)
class Histories:
    """The histories to answer for; their users need not be among the training data.

    matrix: float32 [people, items], 1 where a person has an item. sequences: its events in their order, `users` being
    rows of `matrix`; None where there is none.
    """

    matrix: csr_matrix
    sequences: Sequences | None = None


@dataclass(frozen=True)
class RankingData:
    """The input of a ranking method, in codes: training data, and the histories to answer for.

    matrix: float32 [users, items], 1 where a user has an item: what may be learnt from. documents: one per item,
    empty if there are none. text_vectors: float32 [items, d], of length 1 or zero; None where there is no text
    model. sequences: the events of `matrix` in their order; None where they have none. asked, asked_sequences: the
    histories to answer for, which may be longer than the training data; None where they are the same.
    """

    matrix: csr_matrix
    documents: Sequence[Document] = ()
    text_vectors: Vectors | None = None
    sequences: Sequences | None = None
    asked: csr_matrix | None = None
    asked_sequences: Sequences | None = None

    @property
    def histories(self) -> csr_matrix:
        """float32 [users, items], 1 where a user has an item at the time of the answer."""
        return self.matrix if self.asked is None else self.asked

    @property
    def history_sequences(self) -> Sequences | None:
        """The events of `histories` in order."""
        return self.sequences if self.asked_sequences is None else self.asked_sequences

    def lacks(self, needs: frozenset[Need]) -> list[Need]:
        """Those of `needs` that this data does not have."""
        absent = {
            Need.DOCUMENTS: not any(self.documents),
            Need.TEXT_VECTORS: self.text_vectors is None,
            Need.ORDER: self.sequences is None,
        }
        return [need for need in needs if absent[need]]


@dataclass(frozen=True)
class RatingData:
    """The input of a rating method: parallel arrays, one entry per rating.

    users, items: codes below n_users and n_items; ratings: float64 on the data set's own scale.
    """

    users: Codes
    items: Codes
    ratings: Floats
    n_users: int
    n_items: int
