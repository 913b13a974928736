"""Item metadata as numeric columns and as colours: labels, years, popularity."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from pharos.evaluation.analysis.subject import Floats, Numbers, Subject
from pharos.evaluation.errors import EvaluationError
from pharos.ingest.schema import FeatureType

_LABELS: Final = (FeatureType.TAGS, FeatureType.CATEGORY)
_COLOURED_LABELS: Final = 7
_LABELS_A_FEATURE: Final = 30
_FEWEST_ITEMS: Final = 5
_SMALLEST_SHARE: Final = 0.01
_YEARS: Final = (1000, 2200)
_STEPS: Final = 6

POPULARITY: Final = "popularity"


@dataclass(frozen=True)
class Column:
    """A numeric property of items. values: float64 [n], NaN where unknown; ranked: whether only their order counts."""

    feature: str
    value: str
    values: npt.NDArray[np.float64]
    ranked: bool

    @property
    def title(self) -> str:
        """The name for people."""
        return f"{self.feature}: {self.value}" if self.value else self.feature


@dataclass(frozen=True)
class LabelColours:
    """The most common labels of a feature, and for each of n items the number of its label, -1 for none of them."""

    feature: str
    labels: list[str]
    codes: Numbers


@dataclass(frozen=True)
class NumberColours:
    """A number of n items, NaN where unknown, with the bounds of its colour bins."""

    feature: str
    values: npt.NDArray[np.float64]
    bounds: list[float]
    years: bool


def columns(subject: Subject, rows: Numbers) -> list[Column]:
    """Numeric columns of these items: common labels as 1 or 0, numbers, flags, and event counts."""
    found = []
    for feature in subject.dataset.schema.items:
        cells = subject.dataset.items[feature.name].iloc[rows]
        if feature.type in _LABELS:
            sets = [set(_labels(cell)) for cell in cells]
            counts = Counter(label for labels in sets for label in labels)
            fewest = max(_FEWEST_ITEMS, _SMALLEST_SHARE * len(rows))
            for label, count in counts.most_common(_LABELS_A_FEATURE):
                if fewest <= count <= len(rows) - _FEWEST_ITEMS:
                    has = np.array([label in labels for labels in sets], np.float64)
                    found.append(Column(feature.name, label, has, ranked=False))
        elif feature.type in (FeatureType.NUMBER, FeatureType.FLAG):
            found.append(Column(feature.name, "", cells.to_numpy(np.float64, na_value=np.nan), ranked=True))
    events = subject.events[rows].astype(np.float64)
    return [*found, Column(POPULARITY, "", events, ranked=True)]


def label_colours(subject: Subject, rows: Numbers) -> LabelColours | None:
    """The labels to colour items by: of the wanted feature, or of the one whose common labels cover most items.

    An item with several of the labels has the colour of the rarest. None where no feature has labels that items share.
    """
    asked = subject.settings.label
    if asked is not None and subject.feature(asked).type not in _LABELS:
        raise EvaluationError(f"feature {asked!r} is {subject.feature(asked).type}; a label is of category or tags")
    features = [f.name for f in subject.dataset.schema.items if f.type in _LABELS]
    tried = [_coloured(subject, rows, name) for name in ([asked] if asked else features)]
    useful = [colours for colours in tried if len(colours.labels) >= (1 if asked else 2)]
    return max(useful, key=lambda colours: int((colours.codes >= 0).sum()), default=None)


def number_colours(subject: Subject, rows: Numbers) -> NumberColours | None:
    """The number to colour items by: the wanted one, or a year if there is one, or the one with most values."""
    asked = subject.settings.number
    if asked is not None and subject.feature(asked).type is not FeatureType.NUMBER:
        raise EvaluationError(f"feature {asked!r} is {subject.feature(asked).type}, not a number")
    features = [f.name for f in subject.dataset.schema.items if f.type is FeatureType.NUMBER]
    best, best_merit = None, (-1.0, -1.0)
    for name in [asked] if asked else features:
        values = subject.dataset.items[name].iloc[rows].to_numpy(np.float64, na_value=np.nan)
        known = values[np.isfinite(values)]
        if len(np.unique(known)) < 2:
            continue
        years = bool(np.all((known >= _YEARS[0]) & (known <= _YEARS[1]) & (known == np.round(known))))
        merit = (float(years), len(known) / len(values))
        if merit > best_merit:
            best, best_merit = NumberColours(name, values, _bounds(known, years), years), merit
    return best


def _coloured(subject: Subject, rows: Numbers, name: str) -> LabelColours:
    lists = [_labels(cell) for cell in subject.dataset.items[name].iloc[rows]]
    counts = Counter(label for labels in lists for label in set(labels))
    common = [label for label, count in counts.most_common(_COLOURED_LABELS) if count > 1]
    place = {label: number for number, label in enumerate(common)}
    # The commonest comes first, so the rarest has the largest number.
    codes = [max((place[label] for label in labels if label in place), default=-1) for labels in lists]
    return LabelColours(name, common, np.array(codes, np.int64))


def _bounds(known: Floats | npt.NDArray[np.float64], years: bool) -> list[float]:
    """Bin bounds: decades for years, otherwise bins with equal counts."""
    if years:
        # The oldest decades hold few items: they are one step.
        low, high = np.floor(np.quantile(known, 0.03) / 10) * 10, np.floor(known.max() / 10) * 10 + 10
        decades = np.arange(low, high + 1, 10)
        if 3 <= len(decades) <= 13:
            return [float(decade) for decade in decades]
    quantiles = np.unique(np.quantile(known, np.linspace(0, 1, _STEPS + 1)))
    return [float(bound) for bound in quantiles]


def _labels(cell: Any) -> tuple[str, ...]:
    if isinstance(cell, str):
        return (" ".join(cell.split()),) if cell.strip() else ()
    return tuple(cell) if isinstance(cell, tuple | list) else ()
