"""Tiny worlds, in codes, in which the right answer can be proved."""

from dataclasses import replace

import numpy as np
from scipy.sparse import csr_matrix

from pharos.classics.data import Document, RankingData, RatingData, Sequences

SIZE = 24


def checkerboard() -> RankingData:
    """User u has every item of their own parity but item u itself, which is therefore the one to recommend.

    The items say their parity in words, in labels and in vectors. Everybody goes through them upwards, two steps at a
    time and round the end, from the one after item u to the one before it.
    """
    parity = np.arange(SIZE) % 2
    board = (parity[:, None] == parity[None, :]).astype(np.float32)
    np.fill_diagonal(board, 0.0)
    documents = [Document(f"{name} number", (f"parity={name}",)) for name in np.where(parity == 0, "even", "odd")]
    matrix = csr_matrix(board)
    return RankingData(matrix, documents, np.eye(2, dtype=np.float32)[parity], upwards(matrix))


def upwards(matrix: csr_matrix) -> Sequences:
    """The events of a matrix, each user's from the item after that of the user's own code upwards and round the end.

    The last user comes first: in no data set need users stand in the order of their codes.
    """
    users, items = matrix.nonzero()
    rows = np.lexsort(((items - users) % matrix.shape[1], -users))
    return Sequences(users[rows].astype(np.int64), items[rows].astype(np.int64))


def with_events(data: RankingData, events: np.ndarray) -> RankingData:
    """The same data with other events. events: float32 [users, items]."""
    matrix = csr_matrix(events)
    return replace(data, matrix=matrix, sequences=upwards(matrix))


def additive_ratings() -> RatingData:
    """Every rating is 3 and a constant of the user and one of the item; the diagonal is withheld."""
    users, items = np.nonzero(~np.eye(SIZE, dtype=bool))
    return RatingData(users, items, additive_rating(users, items), SIZE, SIZE)


def additive_rating(users: np.ndarray, items: np.ndarray) -> np.ndarray:
    return 3.0 + (users % 3 - 1) * 0.5 + (items % 5 - 2) * 0.25


def taste_ratings() -> RatingData:
    """A user gives 5 to items of their own parity and 1 to the others; the diagonal, all fives, is withheld."""
    users, items = np.nonzero(~np.eye(SIZE, dtype=bool))
    return RatingData(users, items, np.where(users % 2 == items % 2, 5.0, 1.0), SIZE, SIZE)
