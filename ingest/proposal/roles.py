"""Guesses which table holds interactions, items and users, and the roles of its columns."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import pandas as pd

from pharos.ingest.errors import DataError
from pharos.ingest.proposal import names
from pharos.ingest.proposal.samples import Sample
from pharos.ingest.values.numbers import MISSING_MARKS, parse_numbers
from pharos.ingest.values.times import TimeFormat, read_times

_MOST_TYPES: Final = 30
_OVERLAP: Final = 0.3


class Choose(Protocol):
    """Asks which of several options is meant."""

    def __call__(
        self, question: str, options: Sequence[str], guess: str | None, *, optional: bool = False
    ) -> str | None:
        """One of the options; None only if it is optional, or if nobody can be asked and there is no guess."""


def take_guess(question: str, options: Sequence[str], guess: str | None, *, optional: bool = False) -> str | None:
    """Take the guess without asking."""
    return guess


@dataclass(frozen=True)
class Interactions:
    """The interactions table and its columns."""

    sample: Sample
    user: str
    item: str
    rating: str | None
    timestamp: str | None
    type: str | None


@dataclass(frozen=True)
class Entities:
    """The items or users table, with its columns of ids and titles."""

    sample: Sample
    id: str
    title: str | None


def find_interactions(samples: Sequence[Sample], choose: Choose) -> Interactions:
    """The table with a column of users and one of items. Errors: DataError if no table has both."""
    scored = [(score, sample, user, item) for sample in samples for score, user, item in _pairs(sample, samples)]
    best = max(scored, key=lambda entry: (entry[0], len(entry[1].frame)), default=None)
    name = choose("Which file holds who chose what?", [s.name for s in samples], best[1].name if best else None)
    sample = next((sample for sample in samples if sample.name == name), samples[0])
    _, _, user, item = max(
        (entry for entry in scored if entry[1] is sample), key=lambda entry: entry[0], default=(0, sample, None, None)
    )
    columns = [str(column) for column in sample.frame.columns]
    user = choose("Which column holds the user?", columns, user)
    item = choose("Which column holds the item?", columns, item)
    if user is None or item is None:
        seen = "".join(f"\n  {sample.name}: {', '.join(map(str, sample.frame.columns))}" for sample in samples)
        raise DataError(f"no file has a column of users and one of items that could be told; the columns are{seen}")
    rest = [column for column in columns if column not in (user, item)]
    time = choose("Which column holds the time?", rest, _time(sample, rest), optional=True)
    rest = [column for column in rest if column != time]
    rating = choose("Which column holds the rating?", rest, _rating(sample, rest), optional=True)
    kind = None
    if rating is None:
        kind = choose("Which column holds the type of event?", rest, _type(sample, rest), optional=True)
    return Interactions(sample, user, item, rating, time, kind)


def find_entities(
    samples: Sequence[Sample], ids: pd.Series, vocabulary: Iterable[str], what: str, choose: Choose
) -> Entities | None:
    """The table that has a row for each of these ids, by its values and names; None if no table is likely to."""
    vocabulary, scored = tuple(vocabulary), []
    known = set(ids.unique())
    for sample in samples:
        for column in sample.frame:
            values = sample.frame[column]
            if values.duplicated().mean() > 0.05 or (values == "").mean() > 0.05:
                continue
            overlap = _overlap(known, values)
            named = max(names.hints(sample.stem, vocabulary), names.hints(str(column), vocabulary))
            if overlap >= _OVERLAP or (named >= 2 and names.is_identifier(str(column)) and overlap > 0):
                scored.append((overlap * 4 + named + names.is_identifier(str(column)), sample, str(column)))
    if not scored:
        return None
    _, sample, column = max(scored, key=lambda entry: entry[0])
    name = choose(f"Which file holds the {what}?", [s.name for s in samples], sample.name, optional=True)
    if name is None:
        return None
    _, sample, column = max((e for e in scored if e[1].name == name), key=lambda e: e[0], default=(0, sample, column))
    options = [str(option) for option in sample.frame.columns]
    column = choose(f"Which column holds the id of the {what}?", options, column) or column
    title = None
    if what == "items":
        rest = [option for option in options if option != column]
        title = choose("Which column holds the title?", rest, _title(sample, rest), optional=True)
    return Entities(sample, column, title)


def _overlap(known: set[str], values: pd.Series) -> float:
    """The share of the smaller set that the other set contains, in any form of an id."""
    own = set(values.unique())
    if not own or not known:
        return 0.0
    bare_known, bare_own = {_bare(an_id) for an_id in known}, {_bare(an_id) for an_id in own}
    return len(bare_known & bare_own) / min(len(bare_known), len(bare_own))


def _bare(an_id: str) -> str:
    return an_id.removesuffix(".0").lstrip("0").lower() or "0"


def _pairs(sample: Sample, samples: Sequence[Sample]) -> list[tuple[float, str, str]]:
    """Each pair of columns that may be user and item, with a score."""
    if not sample.header:
        # Such files begin with the user and go on with the item, as good as all of them.
        columns = [str(column) for column in sample.frame.columns]
        return [(0.0, columns[0], columns[1])] if len(columns) > 1 else []
    users = _scores(sample, samples, names.USER)
    items = _scores(sample, samples, names.ITEM)
    found = []
    for user, user_score in users.items():
        for item, item_score in items.items():
            if user != item and not sample.frame[[user, item]].iloc[:, 0].equals(sample.frame[item]):
                found.append((user_score + item_score, user, item))
    return found


def _scores(sample: Sample, samples: Sequence[Sample], vocabulary: Iterable[str]) -> dict[str, float]:
    """How likely each column holds ids of this kind: by its name, and by the values in other tables."""
    scores: dict[str, float] = {}
    for column in map(str, sample.frame.columns):
        values = sample.frame[column]
        if (values == "").mean() > 0.5:
            continue
        named = float(names.hints(column, vocabulary))
        elsewhere = 0.0
        if named or names.is_identifier(column):
            for other in samples:
                about = names.hints(other.stem, vocabulary)
                if other is sample or not about:
                    continue
                keys = [c for c in other.frame if not other.frame[c].duplicated().any()]
                elsewhere = max([elsewhere, *(3 * _overlap(set(values.unique()), other.frame[c]) for c in keys)])
        # A column whose values are all distinct names the rows, not users or items.
        unique = len(values) >= 10 and values.nunique() == len(values)
        if named + elsewhere > 0:
            penalty = (1 if named >= 2 else 3) if unique else 0
            scores[column] = named + elsewhere + names.is_identifier(column) - penalty
    return {column: score for column, score in scores.items() if score > 0}


def _filled(sample: Sample, column: str) -> pd.Series:
    values = sample.frame[column]
    return values[~values.str.lower().isin(MISSING_MARKS)]


def _time(sample: Sample, columns: Sequence[str]) -> str | None:
    scored = []
    for column in columns:
        filled = _filled(sample, column).iloc[:2000]
        named = names.hints(column, names.TIME)
        if filled.empty or len(filled) < 0.5 * min(2000, len(sample.frame)):
            continue
        try:
            times = read_times(filled, TimeFormat(), column)
        except DataError:
            scored.append((named + 1, column))
            continue
        inside = (~times.bad & (times.seconds > 1e8) & (times.seconds < 4.2e9)).mean()
        written = filled.str.contains(r"\d{4}-\d\d|\d[./]\d", regex=True).mean()
        if inside > 0.9 and (named or written > 0.9 or not sample.header):
            scored.append((named + inside + written, column))
    return max(scored, default=(0, None))[1]


def _rating(sample: Sample, columns: Sequence[str]) -> str | None:
    scored = []
    for column in columns:
        named = names.hints(column, names.RATING)
        filled = _filled(sample, column)
        if filled.empty or (named < 2 and sample.header):
            continue
        values, bad = parse_numbers(filled)
        if bad.mean() < 0.05 and 1 < len(set(values.tolist())) <= (1000 if sample.header else 20):
            scored.append((named, column))
    return max(scored, key=lambda entry: entry[0], default=(0, None))[1]


def _type(sample: Sample, columns: Sequence[str]) -> str | None:
    for column in sorted(columns, key=lambda c: -names.hints(c, names.TYPE)):
        kinds = set(_filled(sample, column).str.lower())
        if 1 <= len(kinds) <= _MOST_TYPES and (len(kinds & set(names.WEIGHTS)) >= max(1, len(kinds) / 2)):
            return column
    return None


def _title(sample: Sample, columns: Sequence[str]) -> str | None:
    scored = []
    for place, column in enumerate(columns):
        filled = _filled(sample, column)
        named = names.hints(column, names.TITLE)
        if not named or filled.empty or filled.str.len().mean() > 150:
            continue
        _, bad = parse_numbers(filled)
        if bad.mean() < 0.5:
            continue
        # The earlier words of the vocabulary are the better ones, and a whole name is better than a part of one.
        rank = next((n for n, word in enumerate(names.TITLE) if word in names.words(column)), len(names.TITLE))
        scored.append((named >= 2, -rank, filled.nunique() / len(filled), -place, column))
    return max(scored)[-1] if scored else None
