"""Text in one form: composed as Unicode's NFC, and ids without blanks around them."""

import unicodedata

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray


def clean_name(name: str) -> str:
    """A column's name, or one id: without blanks around it, in NFC."""
    return unicodedata.normalize("NFC", name).strip()


def composed(texts: pd.Series) -> pd.Series:
    """The texts (str) in NFC."""
    array = pa.array(texts, pa.large_string())
    if pc.all(pc.string_is_ascii(array)).as_py() is not False:
        return texts
    return pd.Series(
        pc.utf8_normalize(array, form="NFC").to_pandas().astype("str").to_numpy(), texts.index, dtype="str"
    )


def clean_ids(ids: pd.Series) -> tuple[pd.Series, NDArray[np.bool_]]:
    """The ids (str) without blanks around them and in NFC, and which of them were in another form of Unicode."""
    array = pc.utf8_trim_whitespace(pa.array(ids, pa.large_string()))
    if pc.all(pc.string_is_ascii(array)).as_py() is not False:
        return _series(array, ids.index), np.zeros(len(ids), dtype=bool)
    normal = pc.utf8_normalize(array, form="NFC")
    # Composing may leave a blank of another kind outside, which is no part of an id either.
    changed = np.asarray(pc.not_equal(array, normal).fill_null(False))
    return _series(pc.utf8_trim_whitespace(normal), ids.index), changed


def _series(array: pa.Array, index: pd.Index) -> pd.Series:
    series: pd.Series = array.to_pandas().astype("str")
    series.index = index
    return series
