"""The items of a model in memory: found by id, filter, popularity and title."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import repeat
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pharos.errors import RequestError
from pharos.indexing.filters import Filter, check, parse_expressions, parse_json
from pharos.indexing.table_filters import only, passing
from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.ingest.schema import FeatureType
from pharos.stages import EVENT_WEIGHTS, title_words

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]
FilterInput: TypeAlias = str | Sequence[str] | Mapping[str, object] | Filter | None
"""One expression ("year>=1990"), several that must all hold, or conditions by field as the HTTP API takes them."""

_EXACT, _LEADS, _HOLDS = 1.0, 0.75, 0.5
_MAX_WORDS: Final = 16


class Catalogue:
    """The items of a data set; a row is the place of an item in its table."""

    def __init__(self, data: Dataset) -> None:
        self.data = data
        self.items = data.items
        self.ids: list[str] = data.items[Columns.ITEM].tolist()
        self.titles: list[str] = data.items[Columns.TITLE].tolist()
        self._rows = {item_id: row for row, item_id in enumerate(self.ids)}

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, item_ids: Iterable[str]) -> Rows:
        """The row of each item, int64 [n], -1 for unknown ones."""
        return np.fromiter(map(self._rows.get, item_ids, repeat(-1)), np.int64)

    def row(self, item_id: str) -> int:
        """The row of one item. Raises RequestError for an unknown one."""
        (row,) = self.rows([item_id]).tolist()
        if row < 0:
            raise RequestError(f"there is no item {item_id!r} among the {len(self):,} items of the model's data")
        return int(row)

    def allowed(self, filter: FilterInput, only_ids: Sequence[str] | None = None) -> Mask | None:
        """A mask of the items that pass, bool [items]; None for all. Raises FilterError for an invalid filter."""
        asked = check(_parsed(filter), self.data.schema)
        if only_ids is not None:
            asked &= only(only_ids)
        return passing(asked, self.items, self.data.schema) if asked.conditions else None

    @cached_property
    def popularity(self) -> tuple[Rows, NDArray[np.float64]]:
        """All rows, the most popular first, and their scores, as on the server.

        With ratings the score is IMDb's weighted rating (see `pharos.serving.store.popular`), without them the count of
        events.
        """
        events = self.data.interactions
        rows = self.rows(events[Columns.ITEM])
        counts = np.bincount(rows, minlength=len(self)).astype(np.float64)
        weight = counts * EVENT_WEIGHTS["rating" if self.data.schema.has_rating else "view"]
        rated, score = np.zeros(len(self)), weight
        if self.data.schema.has_rating:
            values = events[Columns.RATING].to_numpy(np.float64)
            known = ~np.isnan(values)
            rated = np.bincount(rows[known], minlength=len(self)).astype(np.float64)
            sums = np.bincount(rows[known], values[known], len(self))
            if items := np.count_nonzero(rated):
                score = (sums + values[known].sum() / items) / (rated + rated.sum() / items)
        order = np.lexsort((np.array(self.ids), -weight, -score, rated == 0))
        return order.astype(np.int64), score[order]

    def titled(self, text: str) -> list[tuple[int, float]]:
        """Rows whose title has every word of a text (the last one may be unfinished), and how well they match.

        1 for the exact title, .75 for one that begins with the text, .5 for one that holds it; the best first, and of
        equal ones those of more events.
        """
        words = title_words(text)
        if not words or len(words) > _MAX_WORDS:
            return []
        whole, start = f" {' '.join(words)} ", f" {' '.join(words)}"
        parts = [*(f" {word} " for word in words[:-1]), f" {words[-1]}"]
        found = [
            (row, _EXACT if key == whole else _LEADS if key.startswith(start) else _HOLDS)
            for row, key in enumerate(self._title_keys)
            if all(part in key for part in parts)
        ]
        return sorted(found, key=lambda match: (-match[1], -int(self.events[match[0]]), self.ids[match[0]]))

    def shared(self, one: int, other: int) -> dict[str, object]:
        """The values that two items have in common: tags of both, and equal categories, flags, numbers and texts."""
        common: dict[str, object] = {}
        for feature in sorted(self.data.schema.items, key=lambda feature: feature.name):
            mine, theirs = (self.items[feature.name].iloc[row] for row in (one, other))
            if feature.type is FeatureType.TAGS:
                if both := [tag for tag in mine if tag in theirs]:
                    common[feature.name] = both
            elif feature.type is not FeatureType.VECTOR and mine != "" and mine == theirs:
                common[feature.name] = bool(mine) if feature.type is FeatureType.FLAG else mine
        return common

    @cached_property
    def events(self) -> Rows:
        """The event count of each item: int64 [items]."""
        return np.bincount(self.rows(self.data.interactions[Columns.ITEM]), minlength=len(self)).astype(np.int64)

    @cached_property
    def _title_keys(self) -> list[str]:
        return [f" {' '.join(title_words(title))} " for title in self.titles]


def _parsed(filter: FilterInput) -> Filter:
    if filter is None:
        return Filter()
    if isinstance(filter, Filter):
        return filter
    if isinstance(filter, Mapping):
        return parse_json(filter)
    return parse_expressions([filter] if isinstance(filter, str) else filter)
