"""Encoding of tables: all features of items or users, side by side, as the towers read them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

from pharos.ingest.schema import Feature
from pharos.towers.features.encoders import FeatureEncoder, Sensor, VectorEncoder, WordsEncoder, encoder_of
from pharos.towers.text.documents import documents

# The item's document (see towers.text.documents) is encoded like one more feature, under a name no column can have.
_DOCUMENT = "\0document"
# And its words, in their order, where a layer of the tower is to read them.
_WORDS = "\0words"


@dataclass(frozen=True)
class FeatureRows:
    """n encoded rows. dense: float32 [n, width]; sparse: float32 CSR [n, vocabulary]."""

    dense: npt.NDArray[np.float32]
    sparse: sp.csr_matrix

    def __len__(self) -> int:
        return len(self.dense)

    def take(self, rows: npt.NDArray[np.int64]) -> "FeatureRows":
        """Select rows by number."""
        return FeatureRows(self.dense[rows], self.sparse[rows])


class FeatureEncoding:
    """The encoders of one table's features, fitted together."""

    def __init__(self, features: tuple[Feature, ...], encoders: dict[str, FeatureEncoder]) -> None:
        """encoders: by feature name, in the order of the columns that they fill."""
        self._features = features
        self._encoders = encoders

    @classmethod
    def fit(
        cls,
        table: pd.DataFrame,
        features: tuple[Feature, ...],
        text: npt.NDArray[np.float32] | None = None,
        *,
        words: bool = False,
    ) -> Self:
        """Fit on the rows of `table`. text: float32 [rows, dimensions], text vectors of the rows, if any.

        words: whether the documents' words are encoded too, for a recurrent layer; `table` then has id and title.
        """
        encoders = {f.name: encoder_of(f).fit(table[f.name]) for f in features}
        if text is not None:
            encoders[_DOCUMENT] = VectorEncoder.fit(pd.Series(list(text), dtype=object))
        if words:
            encoders[_WORDS] = WordsEncoder.fit(_documents(table, features))
        return cls(features, encoders)

    def encode(self, table: pd.DataFrame, text: npt.NDArray[np.float32] | None = None) -> FeatureRows:
        """Encode n rows. text: as in `fit`, for these rows."""
        dense = [np.zeros((len(table), 0), np.float32)]
        sparse = [sp.csr_matrix(np.zeros((len(table), 0), np.float32))]
        for name, encoder in self._encoders.items():
            encoded = encoder.encode(self._column(name, table, text))
            if encoded.dense is not None:
                dense.append(encoded.dense)
            if encoded.sparse is not None:
                sparse.append(encoded.sparse)
        return FeatureRows(np.concatenate(dense, axis=1), sp.hstack(sparse, format="csr", dtype=np.float32))

    def _column(self, name: str, table: pd.DataFrame, text: npt.NDArray[np.float32] | None) -> pd.Series:
        if name == _WORDS:
            return _documents(table, self._features)
        return pd.Series(list(text), dtype=object) if name == _DOCUMENT and text is not None else table[name]

    @property
    def width(self) -> int:
        """Count of dense columns."""
        return sum(encoder.width for encoder in self._encoders.values())

    @property
    def sensors(self) -> dict[int, Sensor]:
        """The columns that hold pictures, series or words, by the first column of each."""
        found, start = dict[int, Sensor](), 0
        for encoder in self._encoders.values():
            if encoder.sensor is not None:
                found[start] = encoder.sensor
            start += encoder.width
        return found

    @property
    def vocabulary_size(self) -> int:
        """Count of sparse columns."""
        return sum(encoder.vocabulary_size for encoder in self._encoders.values())

    def state(self) -> dict[str, Any]:
        """The learned state as JSON values."""
        return {name: {"type": encoder.type, **encoder.state()} for name, encoder in self._encoders.items()}

    @classmethod
    def from_state(cls, features: tuple[Feature, ...], state: dict[str, Any]) -> Self:
        """The inverse of `state`, for the same features."""
        kinds: dict[str, type[FeatureEncoder]] = {feature.name: encoder_of(feature) for feature in features}
        kinds[_DOCUMENT], kinds[_WORDS] = VectorEncoder, WordsEncoder
        encoders = {name: kinds[name].from_state(part) for name, part in state.items()}
        return cls(features, encoders)


def _documents(table: pd.DataFrame, features: tuple[Feature, ...]) -> pd.Series:
    return pd.Series(documents(table, features), dtype=object)


def features_table(features: tuple[Feature, ...], records: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """A typed table of features from records (dicts by feature name); absent features are missing values."""
    columns = {f.name: pd.Series([record.get(f.name, f.missing) for record in records], dtype=object) for f in features}
    return pd.DataFrame(columns, index=pd.RangeIndex(len(records)))
