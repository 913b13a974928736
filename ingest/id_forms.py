"""Ids that two tables write differently: found, reported with a remedy, and normalised where dataset.toml says so."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

_NUMBER: Final = r"^0*(\d+)(?:\.0+)?$"


def _lower(ids: pd.Series) -> pd.Series:
    return ids.str.lower()


def _number(ids: pd.Series) -> pd.Series:
    return ids.str.replace(_NUMBER, r"\1", regex=True)


FORMS: Final[Mapping[str, Callable[[pd.Series], pd.Series]]] = {"number": _number, "lower": _lower}
"""What dataset.toml may say of ids: "number" reads 007 and 7.0 as 7, "lower" reads A7 as a7."""


@dataclass(frozen=True)
class Difference:
    """How some ids differ from those of another table. what: in words. form: the one of FORMS that normalises it."""

    what: str
    form: str


def find_differences(ids: pd.Series, known: pd.Series) -> dict[str, tuple[Difference, str]]:
    """Unknown ids that differ from a known one in form alone: how, and which."""
    found: dict[str, tuple[Difference, str]] = {}
    for form, apply in FORMS.items():
        by_form = pd.Series(known.to_numpy(), index=apply(known).to_numpy())
        by_form = by_form[~by_form.index.duplicated()]
        matches = apply(ids).map(by_form)
        for own, its in zip(ids[matches.notna()], matches.dropna(), strict=True):
            found.setdefault(own, (Difference(_difference(own, its, form), form), its))
    return found


def _difference(own: str, other: str, form: str) -> str:
    if form == "lower":
        return "upper and lower case"
    return 'a ".0" behind it' if ("." in own) != ("." in other) else "leading zeros"
