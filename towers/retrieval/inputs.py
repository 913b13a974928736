"""Inputs of the towers: from tables and queries to the arrays that their signatures take."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from pharos.ingest.columns import Columns
from pharos.ingest.schema import Schema
from pharos.towers.features.encoding import FeatureEncoding, FeatureRows, features_table
from pharos.towers.features.vocabulary import Vocabulary
from pharos.towers.histories.context import CONTEXT_WIDTH, HistoryScale, Windows, context, last_context
from pharos.towers.histories.queries import UserQuery

Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class InputSpec:
    """The fitted encoders and vocabularies of both towers' inputs; saved in the bundle as JSON.

    length: how many of the newest events of a history are read.
    """

    schema: Schema
    items: Vocabulary
    users: Vocabulary
    item_features: FeatureEncoding
    user_features: FeatureEncoding
    scale: HistoryScale
    length: int

    def extended(self, items: Iterable[str], users: Iterable[str]) -> "InputSpec":
        """The same specification, with codes for new ids; what was fitted for the others is unchanged."""
        return replace(self, items=self.items.extended(items), users=self.users.extended(users))

    @property
    def facts_width(self) -> int:
        """The width of context and user metadata together."""
        return CONTEXT_WIDTH + self.user_features.width + self.user_features.vocabulary_size

    def item_inputs(self, items: pd.DataFrame, text: npt.NDArray[np.float32] | None) -> Arrays:
        """Inputs of the item tower for n items. text: float32 [n, dimensions], their text vectors."""
        return item_inputs(self.items.codes(items[Columns.ITEM]), self.item_features.encode(items, text))

    def user_inputs(self, queries: Sequence[UserQuery], dimensions: int) -> Arrays:
        """Inputs of the user tower for b queries, each at the state after its last event."""
        shape = (len(queries), self.length)
        vectors = np.zeros((*shape, dimensions), np.float32)
        present, raw = np.zeros(shape, bool), np.full(shape, np.nan)
        for row, query in enumerate(queries):
            events = query.history[-self.length :]
            count = len(events)
            if count:
                vectors[row, :count] = query.history_vectors[-count:]
            present[row, :count] = True
            raw[row, :count] = [np.nan if event.rating is None else event.rating for event in events]
        position = np.minimum([[len(query.history)] for query in queries], self.length).astype(np.int32)
        before = np.array([max(len(query.history) - self.length, 0) for query in queries])
        windows = Windows(present, self.scale.ratings(raw), before)
        return {
            "vectors": vectors,
            "present": present.astype(np.float32),
            "rating": windows.ratings,
            "position": position,
            "context": last_context(windows),
            "metadata": self.metadata([query.features for query in queries]),
            "user": self.users.codes(query.user_id for query in queries),
        }

    def metadata(self, features: Sequence[Any]) -> npt.NDArray[np.float32]:
        """User features, by name, as float32 [b, metadata]; a user without features is a row of zeros."""
        if not any(features):
            return np.zeros((len(features), self.facts_width - CONTEXT_WIDTH), np.float32)
        rows = self.user_features.encode(features_table(self.schema.users, features))
        known = np.array([bool(values) for values in features], np.float32)[:, None]
        return np.concatenate([rows.dense, rows.sparse.toarray()], axis=1) * known

    def state(self) -> dict[str, Any]:
        """The specification as JSON values."""
        return {
            "schema": self.schema.state(),
            "items": self.items.ids,
            "users": self.users.ids,
            "item_features": self.item_features.state(),
            "user_features": self.user_features.state(),
            "scale": {**vars(self.scale)},
            "length": self.length,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The inverse of `state`."""
        schema = Schema.from_state(state["schema"])
        return cls(
            schema=schema,
            items=Vocabulary(state["items"]),
            users=Vocabulary(state["users"]),
            item_features=FeatureEncoding.from_state(schema.items, state["item_features"]),
            user_features=FeatureEncoding.from_state(schema.users, state["user_features"]),
            scale=HistoryScale(**state["scale"]),
            length=state["length"],
        )


def item_inputs(codes: npt.NDArray[np.int32], rows: FeatureRows) -> Arrays:
    """Arrays code int32 [n], dense float32 [n, width], and each tag as row, column and weight, by row."""
    sparse = rows.sparse.tocoo()
    return {
        "code": codes,
        "dense": rows.dense,
        "tag_row": sparse.row.astype(np.int32),
        "tag": sparse.col.astype(np.int32),
        "tag_weight": sparse.data.astype(np.float32),
    }


def context_at(windows: Windows, position: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
    """Context features at the requested positions 0 … length: float32 [b, p, width]."""
    # One more place at the end, so that the state after the last event of a full window exists.
    pad = ((0, 0), (0, 1))
    longer = Windows(np.pad(windows.present, pad), np.pad(windows.ratings, pad), windows.before)
    return context(longer, position)
