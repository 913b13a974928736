"""What a peer is: a frozen configuration that learns from interactions and then gives scores, or ratings."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from pharos.evaluation.scoring import Codes, Scores

Vectors = NDArray[np.float32]
Floats = NDArray[np.float64]


class Need(StrEnum):
    """What a peer learns from, beside the interactions."""

    DOCUMENTS = "text or tags of the items"
    TEXT_VECTORS = "vectors of the text model"
    ORDER = "timestamps"


@dataclass(frozen=True)
class Document:
    """What is written about an item: running words, and its tags and categories as whole values."""

    words: str = ""
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sequences:
    """Events in their order. users, items: int64 [events], codes; user after user in any order, oldest event first."""

    users: Codes
    items: Codes

    def __len__(self) -> int:
        """Count of events."""
        return len(self.items)

    def from_end(self) -> Codes:
        """How many events of the same user come later, int64 [events]: 0 for each user's newest."""
        last = np.flatnonzero(np.append(self.users[1:] != self.users[:-1], True)) if len(self) else self.users
        return np.repeat(last, np.diff(last, prepend=-1)) - np.arange(len(self))


@dataclass(frozen=True)
class RankingData:
    """What a ranking peer may learn from, and what it is asked with, in codes.

    matrix: float32 [users, items], 1 where a user has an item: what may be learnt from. documents: one per item, empty
    if there are none. text_vectors: float32 [items, d], of length 1 or zero; None where there is no text model.
    sequences: the events of `matrix` in their order; None where they have none.
    asked, asked_sequences: the same of the histories that the peer is asked with, which may be longer than those that
    it learns from; None where they are the same.
    """

    matrix: csr_matrix
    documents: Sequence[Document] = ()
    text_vectors: Vectors | None = None
    sequences: Sequences | None = None
    asked: csr_matrix | None = None
    asked_sequences: Sequences | None = None

    @property
    def histories(self) -> csr_matrix:
        """float32 [users, items], 1 where a user has an item when the peer is asked."""
        return self.matrix if self.asked is None else self.asked

    @property
    def history_sequences(self) -> Sequences | None:
        """The events of `histories` in their order."""
        return self.sequences if self.asked_sequences is None else self.asked_sequences

    def lacks(self, needs: frozenset[Need]) -> list[Need]:
        """Those of `needs` that these data do not have."""
        absent = {
            Need.DOCUMENTS: not any(self.documents),
            Need.TEXT_VECTORS: self.text_vectors is None,
            Need.ORDER: self.sequences is None,
        }
        return [need for need in needs if absent[need]]


class Scorer(Protocol):
    """What a ranking peer has learnt."""

    def score(self, users: Codes) -> Scores:
        """Scores of every item for each of `users`: float32 [len(users), items], higher is better."""


class Peer(Protocol):
    """A ranking algorithm: its fields are its configuration, all with good defaults.

    name: as reports show it. needs: what it learns from beside the interactions.
    recommends_cold: True if it can tell apart items that nobody has touched.
    """

    name: ClassVar[str]
    needs: ClassVar[frozenset[Need]]
    recommends_cold: ClassVar[bool]

    @classmethod
    def grid(cls) -> tuple[Self, ...]:
        """Configurations worth trying, the most promising first, since time may end before the grid does."""

    def fit(self, data: RankingData) -> Scorer:
        """Learn from `data.matrix`, to answer with `data.histories`; a peer that cannot says so.

        Raises PeerUnfit where the data are too large for this algorithm.
        """


@dataclass(frozen=True)
class RatingData:
    """What a rating peer may learn from: parallel arrays, one entry per rating.

    users, items: codes below n_users and n_items; ratings: float64 on the data set's own scale.
    """

    users: Codes
    items: Codes
    ratings: Floats
    n_users: int
    n_items: int


class Predictor(Protocol):
    """What a rating peer has learnt."""

    def predict(self, users: Codes, items: Codes) -> Floats:
        """Ratings of pairs, given as parallel codes: float64 [len(users)]; any pair has one, known or not."""


class RatingPeer(Protocol):
    """A rating algorithm; as Peer, but what it learns predicts ratings."""

    name: ClassVar[str]

    @classmethod
    def grid(cls) -> tuple[Self, ...]:
        """Configurations worth trying, the most promising first."""

    def fit(self, data: RatingData) -> Predictor:
        """Learn from `data`."""


class PeerUnfit(ValueError):
    """The data are beyond what an algorithm can take; the message says what and how much."""


@dataclass(frozen=True)
class ItemSimilarity:
    """The scorer of all neighbour methods: an item's score is the sum of its similarities to the user's items.

    histories: csr [users, items]. similarity: csr [items, items], from the user's item (row) to the scored one.
    """

    histories: csr_matrix
    similarity: csr_matrix

    def score(self, users: Codes) -> Scores:
        scores: Scores = (self.histories[users] @ self.similarity).toarray().astype(np.float32, copy=False)
        return scores


@dataclass(frozen=True)
class Factors:
    """The scorer of all factor models: the inner product of user and item vectors.

    users: float32 [users, d]. items: float32 [items, d].
    """

    users: Vectors
    items: Vectors

    def score(self, users: Codes) -> Scores:
        return self.users[users] @ self.items.T
