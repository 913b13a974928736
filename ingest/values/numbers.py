"""Numbers as people write them: 1234.5, 1.234,50 €, $1,234, 12 %, (5.00); the decimal mark is detected."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

MISSING_MARKS: Final = ("", "nan", "na", "n/a", "null", "none", "\\n")
"""What stands for a missing value, in lower case."""
_AROUND: Final = r"^[\s\x{00a0}\x{202f}]+|[\s\x{00a0}\x{202f}]+$"
_SIGN_LAST: Final = r"^\((.+)\)$"  # a negative number, as accountants write it
_CURRENCY: Final = r"(?i:[\p{Sc}%‰]|EUR|USD|GBP|CHF|JPY|CNY|SEK|NOK|DKK|PLN|CZK|BRL|INR|AUD|CAD|Fr\.|kr\.?|zł|Kč)"
_GROUPS: Final = r"(\d)['\x{2019}\s\x{00a0}\x{202f}](\d{3})"
# Which mark is that of decimals shows where both stand, or where not three digits follow the only one.
_COMMA: Final = r"^[+-]?(?:\d{1,3}(?:\.\d{3})+,\d+|\d+,(?:\d{1,2}|\d{4,})|0,\d+|,\d+)$"
_POINT: Final = r"^[+-]?(?:\d{1,3}(?:,\d{3})+\.\d+|\d*\.(?:\d{1,2}|\d{4,})|\d{1,3}(?:,\d{3}){2,})$"
_EITHER: Final = r"^[+-]?[1-9]\d{0,2},\d{3}$"


@dataclass(frozen=True)
class Numbers:
    """A column of numbers.

    values: float64, NaN where missing or unreadable. bad: the unreadable ones. decimal: the mark that was taken for
    that of decimals. unsure: cells as "1,234", of which nothing tells whether they are above a thousand.
    dressed: cells with a sign of currency or percent, which was left out.
    """

    values: NDArray[np.float64]
    bad: NDArray[np.bool_]
    decimal: str
    unsure: NDArray[np.bool_]
    dressed: NDArray[np.bool_]


def parse_numbers(cells: pd.Series, decimal: str | None = None) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Cells as finite numbers (NaN missing or unreadable), and which of them are unreadable."""
    numbers = read_numbers(cells, decimal)
    return numbers.values, numbers.bad


def read_numbers(cells: pd.Series, decimal: str | None = None) -> Numbers:
    """Cells as finite numbers.

    decimal: the mark before decimals, "." or ","; None: a point, unless cells that can be read in one way only tell
    of a comma.
    """
    none = np.zeros(len(cells), dtype=bool)
    if pd.api.types.is_numeric_dtype(cells.dtype):
        values = cells.to_numpy(dtype=np.float64, na_value=np.nan)
        bad = ~np.isfinite(values) & ~np.isnan(values)
        return Numbers(np.where(bad, np.nan, values), bad, ".", none, none)
    text = pc.utf8_trim_whitespace(pa.array(cells.astype("str"), pa.large_string()))
    text = pc.if_else(pc.is_in(pc.utf8_lower(text), pa.array(MISSING_MARKS, pa.large_string())), None, text)
    empty = np.asarray(text.is_null())
    unsure, dressed, mark = none, none, decimal or "."
    if decimal == ",":
        plain, dressed = _strip_signs(text)
        values = _floats(_commas(plain))
    else:
        try:
            values = text.cast(pa.float64()).to_numpy(zero_copy_only=False)
        except pa.ArrowInvalid:
            values, mark, unsure, dressed = _read_formatted(text, decimal)
    bad = ~np.isfinite(values) & ~empty
    return Numbers(np.where(bad, np.nan, values), bad, mark, unsure & ~bad, dressed & ~bad)


def _read_formatted(
    text: pa.Array, decimal: str | None
) -> tuple[NDArray[np.float64], str, NDArray[np.bool_], NDArray[np.bool_]]:
    plain, dressed = _strip_signs(text)
    comma, point = _matches(plain, _COMMA), _matches(plain, _POINT)
    if decimal is None and comma.sum() > point.sum():
        values = _floats(_commas(plain))
        # Of a number with a point and no comma it is open what the point is; a plain number of decimals stays one.
        return np.where(point, _floats(plain), values), ",", np.zeros(len(text), dtype=bool), dressed
    unsure = _matches(plain, _EITHER) if decimal is None and not point.any() else np.zeros(len(text), dtype=bool)
    grouped = pc.replace_substring_regex(plain, r"(\d),(\d{3})", r"\1\2")
    grouped = pc.replace_substring_regex(grouped, r"(\d),(\d{3})", r"\1\2")
    whole = pc.if_else(pc.match_substring_regex(plain, r"^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$"), grouped, plain)
    return _floats(whole), ".", unsure, dressed


def _strip_signs(text: pa.Array) -> tuple[pa.Array, NDArray[np.bool_]]:
    """The numbers without currency and percent signs, and without blanks and quotes between thousands."""
    bare = pc.replace_substring_regex(text, _CURRENCY, "")
    dressed = np.asarray(pc.not_equal(bare, text).fill_null(False))
    bare = pc.replace_substring_regex(bare, _AROUND, "")
    bare = pc.replace_substring_regex(bare, _SIGN_LAST, r"-\1")
    bare = pc.replace_substring_regex(bare, r"^([+\x{2212}-])\s+", r"\1")
    bare = pc.replace_substring(bare, "\N{MINUS SIGN}", "-")
    for _ in range(2):
        bare = pc.replace_substring_regex(bare, _GROUPS, r"\1\2")
    return bare, dressed


def _commas(plain: pa.Array) -> pa.Array:
    """Numbers with a decimal comma as ones with a decimal point."""
    fits = pc.match_substring_regex(plain, r"^[+-]?(?:\d{1,3}(?:\.\d{3})+|\d*)(?:,\d*)?(?:[eE][+-]?\d+)?$")
    turned = pc.replace_substring(pc.replace_substring(plain, ".", ""), ",", ".")
    return pc.if_else(fits, turned, plain)


def _matches(text: pa.Array, pattern: str) -> NDArray[np.bool_]:
    return np.asarray(pc.match_substring_regex(text, pattern).fill_null(False))


def _floats(text: pa.Array) -> NDArray[np.float64]:
    try:
        values: NDArray[np.float64] = text.cast(pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        values = pd.to_numeric(text.to_pandas(), errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return values
