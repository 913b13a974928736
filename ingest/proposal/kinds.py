"""Guesses the feature type of a column from its values, with the reason."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from pharos.ingest.errors import DataError
from pharos.ingest.proposal.names import CODES, NAMES_OF_MANY, PERSONAL, TIME, hints, is_identifier, words
from pharos.ingest.values.flags import FLAGS
from pharos.ingest.values.html import LIKELY
from pharos.ingest.values.numbers import MISSING_MARKS, read_numbers
from pharos.ingest.values.tags import read_list, split_tags
from pharos.ingest.values.times import TimeFormat, read_times

_MOST_READ: Final = 0.95
_TAG_SEPARATORS: Final = ("|", ";", ",", "/")
_TIME_LIKE: Final = re.compile(r"\d{4}-\d\d|\d{1,4}[./-]\d{1,2}[./-]\d{2,4}|\w{3} \d{1,2}, \d{4}|\d{1,2} \w{3} \d{4}")
_ADDRESS: Final = re.compile(
    r"(?:https?://|www\.)\S+$|[\w./\\-]+\.(?:jpe?g|png|gif|webp|svg|pdf|mp[34])$", re.IGNORECASE
)
_MAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.\w+$")
_DOI: Final = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?10\.\d{4,9}/\S+$", re.IGNORECASE)
_CODE: Final = re.compile(r"(?=\S*\d)[\w-]{6,}$")


@dataclass(frozen=True)
class Kind:
    """The guess. type: for dataset.toml, None to leave the column out. reason: in words.

    separator: of tags. decimal: whether its numbers have a decimal comma. html: whether its texts are written so.
    form: of times that must be named.
    """

    type: str | None
    reason: str
    separator: str | None = None
    decimal: bool = False
    html: bool = False
    form: str | None = None


def find_kind(name: str, cells: pd.Series, *, people: bool = False) -> Kind:
    """Guess by name and cells (str). people: a users table, whose names and addresses are left out."""
    filled = cells[~cells.str.lower().isin(MISSING_MARKS)]
    count = f"{len(filled):,} values"
    if filled.empty:
        return Kind(None, "no value")
    distinct = filled.nunique()
    if distinct == 1 and len(filled) == len(cells) and len(cells) > 1:
        return Kind(None, f"always {filled.iloc[0][:40]!r}")
    if _share(filled, _MAIL) > 0.5 or (people and hints(name, PERSONAL) >= 2):
        return Kind(None, "tells who a person is")
    if _share(filled, _DOI) > 0.9:
        return Kind(None, "an id: DOIs of publications")
    if _share(filled, _ADDRESS) > 0.9:
        return Kind(None, "addresses of pages or files")
    found = _lists(filled, count) or _flags(filled, distinct, count) or _dates(name, filled, count)
    found = found or _numbers(name, filled, distinct, count) or _tags(name, filled, count)
    return found or _words(name, filled, distinct, count)


def _share(cells: pd.Series, pattern: re.Pattern[str]) -> float:
    return float(np.mean([pattern.match(cell) is not None for cell in cells.iloc[:2000]]))


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


def _lists(filled: pd.Series, count: str) -> Kind | None:
    bracketed = filled.str.startswith("[") & filled.str.endswith("]")
    share = float(bracketed.mean())
    if share < 0.8:
        return None
    read = [split_tags(cell, "\0") for cell in filled[bracketed].iloc[:500]]
    lists = [read_list(cell) or [] for cell in filled[bracketed].iloc[:500]]
    numbers = [[isinstance(part, int | float) for part in row] for row in lists]
    sizes = Counter(len(row) for row in numbers)
    most, rows = sizes.most_common(1)[0]
    if most >= 4 and rows > 0.9 * len(numbers) and all(all(row) for row in numbers):
        return Kind("vector", f"{_percent(share)} of {count} are lists of {most} numbers")
    if sum(row is None for row in read) > (1 - _MOST_READ) * len(read):
        return Kind(None, "lists of lists or of objects without a name")
    return Kind("tags", f"{_percent(share)} of {count} are lists")


def _flags(filled: pd.Series, distinct: int, count: str) -> Kind | None:
    if distinct > 4 or not filled.str.lower().isin(list(FLAGS)).all():
        return None
    values = {FLAGS[value] for value in filled.str.lower().unique()}
    shown = ", ".join(filled.unique()[:4])
    return Kind("flag", f"all of {count} are {shown}") if len(values) == 2 else None


def _dates(name: str, filled: pd.Series, count: str) -> Kind | None:
    if _share(filled, _TIME_LIKE) < 0.8 and not (
        hints(name, TIME) >= 2 and filled.str.fullmatch(r"\d{8}|1\d{9}|1\d{12}").mean() > _MOST_READ
    ):
        return None
    form = None
    try:
        times = read_times(filled, TimeFormat(), name)
    except DataError:
        form = "%d/%m/%Y" if filled.str.contains("/").mean() > 0.5 else "%d-%m-%Y"
        times = read_times(filled, TimeFormat(form), name)
    share = float((~times.bad).mean())
    if share < _MOST_READ:
        return None
    return Kind("date", f"{_percent(share)} of {count} are dates", form=form)


def _numbers(name: str, filled: pd.Series, distinct: int, count: str) -> Kind | None:
    numbers = read_numbers(filled)
    share = float((~numbers.bad).mean())
    if share < _MOST_READ:
        return None
    if hints(name, CODES) >= 2:
        return Kind("category", "codes of places, which have no size")
    if is_identifier(name):
        if distinct > 0.5 * len(filled):
            return Kind(None, f"an id: {distinct:,} of {count} differ")
        return Kind("category", f"ids of {distinct:,} others")
    return Kind("number", f"{_percent(share)} of {count} are numbers", decimal=numbers.decimal == ",")


def _tags(name: str, filled: pd.Series, count: str) -> Kind | None:
    listed = hints(name, NAMES_OF_MANY) >= 2
    for separator in (*_TAG_SEPARATORS, " and ") if listed else _TAG_SEPARATORS:
        share = float(filled.str.contains(separator, regex=False).mean())
        if share < 0.15:
            continue
        parts = [part.strip() for cell in filled.iloc[:5000] for part in cell.split(separator) if part.strip()]
        short = np.mean([len(part) <= 30 and len(part.split()) <= 4 for part in parts])
        repeated = 1 - len(set(parts)) / len(parts)
        # A comma or a slash stands in texts and titles as well: there the parts must be words that come again.
        strict = separator in ",/"
        least = 0.0 if listed else 0.5 if strict else 0.2 if len(parts) > 50 else 0.0
        if short >= (0.97 if strict else 0.9) and repeated >= least:
            return Kind(
                "tags", f"{_percent(share)} of {count} are separated by {separator.strip()}", separator=separator
            )
    return None


def _words(name: str, filled: pd.Series, distinct: int, count: str) -> Kind:
    length = float(np.mean([len(cell.split()) for cell in filled]))
    if length >= 5 or filled.str.len().mean() > 60:
        share = float(np.mean([LIKELY.search(cell) is not None for cell in filled.iloc[:2000]]))
        return Kind("text", f"{count} of {length:.0f} words each", html=share > 0.05)
    if distinct > 0.5 * len(filled) and len(filled) >= 10:
        if is_identifier(name) or _share(filled, _CODE) > 0.9 or "url" in words(name):
            return Kind(None, f"an id: {distinct:,} of {count} differ")
        return Kind("text", f"{distinct:,} of {count} differ")
    return Kind("category", f"{distinct:,} different among {count}")
