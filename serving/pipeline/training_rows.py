"""The rows that items have in the catalogue that a bundle was trained on."""

from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from pharos.indexing.item_numbers import ItemNumbers
from pharos.towers.bundle.bundle import Bundle
from pharos.towers.ranking.ranker import rows_of


class TrainingRows:
    """Looks up many items at once, by their numbers in the index; looked up once for each bundle."""

    def __init__(self, numbers: ItemNumbers) -> None:
        self._numbers = numbers
        self._rows: WeakKeyDictionary[Bundle, NDArray[np.int64]] = WeakKeyDictionary()

    def __call__(self, bundle: Bundle, items: NDArray[np.int64]) -> NDArray[np.int64]:
        """int64 [n]: the row of each item, -1 for one that training did not see. items: int64 [n], numbers."""
        rows = self._rows.get(bundle)
        if rows is None or (len(items) and items.max() >= len(rows)):
            known = np.zeros(0, np.int64) if rows is None else rows
            rows = np.concatenate([known, rows_of(bundle.sources.spec, self._numbers.items[len(known) :])])
            self._rows[bundle] = rows
        return rows[items]
