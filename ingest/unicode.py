"""Unicode normalisation: text in NFC, and ids without surrounding blanks.

`nfc` is what decides: files, requests, filters and the store all go through it.
"""

import re
import sys
import unicodedata
from functools import cache
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

# The marks that may stand on one letter, by Unicode's stream-safe format (https://www.unicode.org/reports/tr15/,
# section 13). The time to compose grows with the square of their count.
_MOST_MARKS: Final = 30
_SHORT: Final = 1000


def nfc(text: str) -> str:
    """The text in NFC; one of more than 1,000 characters with more than 30 marks on a letter is left as it is."""
    if text.isascii() or (len(text) > _SHORT and _piles().search(text)):
        return text
    return unicodedata.normalize("NFC", text)


@cache
def _piles() -> re.Pattern[str]:
    """Matches more consecutive marks than allowed."""
    marks = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.combining(chr(code))]
    return re.compile(f"[{re.escape(''.join(marks))}]{{{_MOST_MARKS + 1}}}")


def clean_name(name: str) -> str:
    """A column name or an id, without surrounding blanks, in NFC."""
    return nfc(name).strip()


def composed(texts: pd.Series) -> pd.Series:
    """The texts (str) in NFC."""
    array, _ = _composed(pa.array(texts, pa.large_string()))
    return _series(array, texts.index)


def clean_ids(ids: pd.Series) -> tuple[pd.Series, NDArray[np.bool_]]:
    """The ids (str) without surrounding blanks and in NFC, and which of them were in another form of Unicode."""
    array, changed = _composed(pc.utf8_trim_whitespace(pa.array(ids, pa.large_string())))
    # Composing may leave a blank of another kind outside, which is no part of an id either.
    return _series(pc.utf8_trim_whitespace(array) if changed.any() else array, ids.index), changed


def _composed(array: pa.Array) -> tuple[pa.Array, NDArray[np.bool_]]:
    """The texts in NFC, and which of them were not."""
    changed = np.zeros(len(array), dtype=bool)
    other = np.asarray(pc.invert(pc.string_is_ascii(array)).fill_null(False))
    if not other.any():
        return array, changed
    before = array.filter(pa.array(other)).to_pylist()
    after = [nfc(text) for text in before]
    changed[other] = [new != old for new, old in zip(after, before, strict=True)]
    return pc.replace_with_mask(array, pa.array(other), pa.array(after, pa.large_string())), changed


def _series(array: pa.Array, index: pd.Index) -> pd.Series:
    series: pd.Series = array.to_pandas().astype("str")
    series.index = index
    return series
