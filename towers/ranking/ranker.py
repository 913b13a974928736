"""The ranker: computes ranking features and scores candidates, just trained or loaded from a bundle."""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, Self

import numpy as np
import numpy.typing as npt

from pharos.towers.errors import BundleError
from pharos.towers.histories.queries import UserQuery
from pharos.towers.ranking.features import Floats, RankQuery, RankTables, Retrieved, Rows, attention, features
from pharos.towers.retrieval.inputs import InputSpec

MODEL: Final = "ranking_model.tflite"
TABLES: Final = "ranking_tables.npz"
_BLOCK: Final = 2_000


class Scorer(Protocol):
    """The ranking model with a fixed signature: a trained module, or one loaded from a bundle."""

    def score(self, features: Any) -> Any:
        """Scores float32 [n] from features float32 [n, WIDTH]."""


@dataclass(frozen=True)
class Candidates:
    """One user with n candidates: the input of `Ranker.score`."""

    query: RankQuery
    rows: Rows
    vectors: Floats
    retrieved: Retrieved


@dataclass(frozen=True)
class Ranker:
    """Scores candidates for a user. spec: the input specification of the towers that it was trained with."""

    spec: InputSpec
    tables: RankTables
    model: Scorer

    def query(self, user: UserQuery, vector: Floats, rows: Rows | None = None) -> RankQuery:
        """See `rank_query`."""
        return rank_query(self.spec, user, vector, rows)

    def score(self, query: RankQuery, rows: Rows, vectors: Floats, retrieved: Retrieved) -> Floats:
        """Scores float32 [n] of n candidates, higher is better.

        rows: int64 [n], the candidates in the training catalogue, as `rows_of` gives them; vectors: float32 [n, d], the
        item tower's.
        """
        if not len(rows):
            return np.zeros(0, np.float32)
        return np.asarray(self.model.score(features(query, rows, vectors, retrieved, self.tables)))

    def score_many(self, people: Sequence["Candidates"]) -> list[Floats]:
        """Score the candidates of many users in few calls of the network."""
        seen = [
            features(one.query, one.rows, one.vectors, one.retrieved, self.tables) for one in people if len(one.rows)
        ]
        if not seen:
            return [np.zeros(0, np.float32) for _ in people]
        rows = np.concatenate(seen)
        # So many at once that their layers stay in the processor's cache.
        blocks = (rows[start : start + _BLOCK] for start in range(0, len(rows), _BLOCK))
        scores = np.concatenate([np.asarray(self.model.score(block)) for block in blocks])
        return np.split(scores, np.cumsum([len(one.rows) for one in people])[:-1])

    def attention(self, query: RankQuery, vectors: Floats) -> Floats:
        """Attention of each candidate to the newest past items: float32 [n, l'], each row sums to 1."""
        return attention(query, vectors)

    @classmethod
    def load(cls, folder: Path, spec: InputSpec, model: Scorer) -> Self:
        """Read the tables from a bundle's folder. Raises BundleError where they cannot be read."""
        try:
            with np.load(folder / TABLES, allow_pickle=False) as arrays:
                return cls(spec, RankTables.from_arrays(arrays), model)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise BundleError(f"bundle {folder}: {TABLES} cannot be read ({error}); train a new one") from error

    def table_bytes(self) -> bytes:
        """The tables as the bytes of a file that `load` reads."""
        content = io.BytesIO()
        np.savez(content, **self.tables.arrays())  # type: ignore[arg-type]
        return content.getvalue()


def rank_query(spec: InputSpec, user: UserQuery, vector: Floats, rows: Rows | None = None) -> RankQuery:
    """A user as the ranking model reads one.

    vector: float32 [d], the user tower's. rows: int64 [l], the history's items in the training catalogue, where they
    are known already.
    """
    if rows is None:
        rows = rows_of(spec, [event.item_id for event in user.history])
    raw = np.array([np.nan if event.rating is None else event.rating for event in user.history], np.float64)
    stamps = [event.timestamp for event in user.history if event.timestamp is not None]
    moment = max(stamps) if stamps and spec.scale.timed else None
    return RankQuery(vector, rows, user.history_vectors, spec.scale.ratings(raw), moment)


def rows_of(spec: InputSpec, item_ids: Sequence[str]) -> npt.NDArray[np.int64]:
    """Rows of items in the training catalogue, -1 for items outside it."""
    return spec.items.codes(item_ids).astype(np.int64) - 1
