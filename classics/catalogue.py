"""Maps ids to integer codes and back."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset


@dataclass(frozen=True)
class Catalogue:
    """All users and items of a data set; a code is a position in these lists.

    users, items: unique ids, in the order of the data set's tables.
    """

    users: pd.Index
    items: pd.Index

    @classmethod
    def of(cls, dataset: Dataset) -> "Catalogue":
        """The catalogue of a data set, whatever part of its interactions it holds."""
        return cls(pd.Index(dataset.users[Columns.USER]), pd.Index(dataset.items[Columns.ITEM]))

    def user_codes(self, ids: Sequence[str] | pd.Series) -> NDArray[np.int64]:
        """Codes of users. Raises KeyError naming an unknown one."""
        return _codes(self.users, ids)

    def item_codes(self, ids: Sequence[str] | pd.Series) -> NDArray[np.int64]:
        """Codes of items. Raises KeyError naming an unknown one."""
        return _codes(self.items, ids)

    def matrix(self, interactions: pd.DataFrame) -> csr_matrix:
        """float32 [users, items], 1 where a user has an item."""
        cells = (self.user_codes(interactions[Columns.USER]), self.item_codes(interactions[Columns.ITEM]))
        ones = np.ones(len(interactions), dtype=np.float32)
        return csr_matrix((ones, cells), shape=(len(self.users), len(self.items)))


def _codes(index: pd.Index, ids: Sequence[str] | pd.Series) -> NDArray[np.int64]:
    codes = index.get_indexer(pd.Index(ids))
    if (codes < 0).any():
        raise KeyError(f"not in the catalogue: {list(ids)[int(np.argmin(codes))]!r}")
    return codes.astype(np.int64)
