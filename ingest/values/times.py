"""Times: unix time in s, ms, us or ns, ISO 8601, or a declared format."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pharos.ingest.errors import DataError
from pharos.ingest.values.numbers import MISSING_MARKS, parse_numbers

UNITS: Final = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_UNIT_NAMES: Final = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
ISO: Final = "iso"
_FIRST: Final = {"ns": 1e17, "us": 1e14, "ms": 1e11}
"""The least number of each unit: 1973 in it, and as seconds the year 5138; no event of ours is elsewhere."""
_LATEST: Final = 253_402_300_799  # the end of the year 9999
_SAMPLE: Final = 10_000
_DAY: Final = r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_CLOCK: Final = r"(?:[01]\d|2[0-3])[0-5]\d[0-5]\d"
# Formats to try where times are neither numbers nor ISO 8601; all that can read the cells must agree.
_DAYS: Final = (
    "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d-%m-%Y", "%m-%d-%Y", "%d %b %Y", "%b %d, %Y", "%m/%d/%y",
    "%d/%m/%y",
)  # fmt: skip
_CLOCKS: Final = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
_FORMATS: Final = (
    *(f"{day}{clock}" for day in _DAYS for clock in _CLOCKS),
    "%a %b %d %H:%M:%S %z %Y",
    "%Y%m%d%H%M%S",
)


@dataclass(frozen=True)
class TimeFormat:
    """The format of times. form: "s", "ms", "us", "ns", "iso", or for strptime; None: to be detected.

    zone: of times that name none; None is UTC.
    """

    form: str | None = None
    zone: str | None = None


@dataclass(frozen=True)
class Times:
    """A column of times.

    seconds: float64 since 1970, whole and parts; NaN where empty or unreadable. bad: what is not read, `reason` why.
    other: cells of another unit than the rest. told: what was found and should be said, None if nothing.
    naive: times that named no zone and were taken for those of `zone`.
    """

    seconds: NDArray[np.float64]
    bad: NDArray[np.bool_]
    reason: str
    other: NDArray[np.bool_]
    other_reason: str = ""
    told: str | None = None
    naive: NDArray[np.bool_] | None = None


def read_times(cells: pd.Series, said: TimeFormat, column: str) -> Times:
    """Cells as seconds since 1970; see Times.

    Errors: DataError for a form that is found to be day-first as well as month-first.
    """
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return _moments(cells, said, column)
    if said.form in UNITS or (said.form is None and _are_numbers(cells)):
        return _numbers(cells, said.form, column)
    text = cells.astype("str").fillna("").str.strip()
    empty = text.str.lower().isin(MISSING_MARKS).to_numpy(dtype=bool)
    form, told = said.form, None
    if form is None:
        form = _find_form(text[~empty], column)
        told = None if form == ISO else f"{column} is read by the format {form!r}"
    if form is None:
        form = ISO
    seconds, naive = _parse(text, form, said.zone)
    what = "no ISO 8601 time" if form == ISO else f"no time of the format {form!r}"
    bad = np.isnan(seconds)
    return Times(seconds, bad, f"{column} is {what}", np.zeros(len(cells), dtype=bool), "", told, naive & ~bad)


def decimal_years(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds since 1970 as decimal years: the first of July 2020 is 2020.497."""
    days = pd.to_datetime(pd.Series(np.floor(seconds / 86_400)), unit="D", errors="coerce")
    year = days.dt.year.to_numpy(dtype=np.float64)
    part = (days.dt.day_of_year.to_numpy(dtype=np.float64) - 1) / np.where(days.dt.is_leap_year, 366, 365)
    return np.round(year + part, 4)


def suspicious(seconds: NDArray[np.float64]) -> dict[str, NDArray[np.bool_]]:
    """Times that are readable but probably wrong, by what is odd about them."""
    tomorrow = datetime.now(UTC).timestamp() + 86_400
    return {
        "is 0, the first second of 1970": seconds == 0,
        "is negative, before 1970": seconds < 0,
        "lies in the future": seconds > tomorrow,
    }


def check_format(said: TimeFormat) -> None:
    """Errors: ValueError for an unknown format or time zone."""
    if said.zone is not None:
        try:
            ZoneInfo(said.zone)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"unknown time zone {said.zone!r}; allowed are names as Europe/Berlin") from error
    if said.form is not None and said.form not in (*UNITS, ISO) and "%" not in said.form:
        allowed = ", ".join((*UNITS, ISO))
        raise ValueError(f"{said.form!r} is no format; allowed are {allowed}, or one as %d.%m.%Y %H:%M")


def _are_numbers(cells: pd.Series) -> bool:
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return True
    sample = cells[cells.astype("str").str.strip() != ""].iloc[:_SAMPLE]
    _, bad = parse_numbers(sample.astype("str"), ".")
    if len(sample) == 0:
        return True
    if bad.mean() >= 0.5:
        return False
    # 20240131 is a day, and as seconds it would be one of August 1970.
    text = sample.astype("str").str.strip()
    return not any(text.str.fullmatch(form).to_numpy(dtype=bool).mean() > 0.95 for form in (_DAY, _DAY + _CLOCK))


def _numbers(cells: pd.Series, unit: str | None, column: str) -> Times:
    values, _ = parse_numbers(cells, ".")
    size = np.abs(values)
    told = None
    if unit is None:
        middle = float(np.nanmedian(size)) if np.isfinite(size).any() else 0.0
        unit = next((name for name, first in _FIRST.items() if middle >= first), "s")
        if unit != "s":
            told = f"{column} is in {_UNIT_NAMES[unit]} since 1970, by the size of its numbers"
        other = size >= 1e11 * UNITS[unit]
        if unit != "s":
            other |= (size > 1e8) & (size < _FIRST[unit])
    else:
        other = size > _LATEST * float(UNITS[unit])
    other_reason = (
        f"{column} is in milliseconds or finer, not in unix seconds"
        if unit == "s"
        else f"{column} is in another unit than {_UNIT_NAMES[unit]}"
    )
    seconds = values / UNITS[unit]
    bad = np.isnan(values)
    return Times(seconds, bad, f"{column} is no number of unix {_UNIT_NAMES[unit]}", other & ~bad, other_reason, told)


def _moments(cells: pd.Series, said: TimeFormat, column: str) -> Times:
    bad = cells.isna().to_numpy()
    naive = np.zeros(len(cells), dtype=bool) if cells.dt.tz is not None else ~bad
    moments = cells if cells.dt.tz is not None else _localize(cells, said.zone)
    seconds = moments.dt.tz_convert(None).astype("datetime64[us]").to_numpy().astype(np.int64) / 1e6
    bad = bad | moments.isna().to_numpy()
    seconds = np.where(bad, np.nan, seconds)
    return Times(seconds, bad, f"{column} is empty", np.zeros(len(cells), dtype=bool), "", None, naive)


def _localize(moments: pd.Series, zone: str | None) -> pd.Series:
    # Of an hour that the change to or from summer time skips, the next is taken; of a repeated one, the first.
    first = np.ones(len(moments), dtype=bool)
    localized: pd.Series = moments.dt.tz_localize(zone or "UTC", ambiguous=first, nonexistent="shift_forward")
    return localized


def _parse(text: pd.Series, form: str, zone: str | None) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Seconds since 1970 (NaN unreadable), and which of the cells name no zone."""
    if form == ISO:
        naive = ~text.str.contains(r"(?:[Zz]|[+-]\d\d:?\d\d|[+-]\d\d)$", regex=True) | text.str.fullmatch(
            r"\d{4}-\d\d(-\d\d)?"
        )
    else:
        naive = pd.Series("%z" not in form and "%Z" not in form, index=text.index)
    moments = _to_moments(text, form)
    naive_rows = naive.to_numpy(dtype=bool)
    if zone is not None and naive_rows.any():
        local = _localize(moments[naive_rows].dt.tz_convert(None), zone).dt.tz_convert("UTC")
        moments = moments.where(~naive_rows, local.reindex(moments.index))
    missing = moments.isna().to_numpy()
    seconds = moments.dt.tz_convert(None).astype("datetime64[us]").to_numpy().astype(np.int64) / 1e6
    return np.where(missing, np.nan, seconds), naive_rows


def _find_form(filled: pd.Series, column: str) -> str | None:
    """The format that reads most of the first cells; None if none reads half of them."""
    sample = filled.iloc[:_SAMPLE]
    if sample.empty:
        return None
    if _share_read(sample, ISO) > 0.5:
        return ISO
    shares = {form: _share_read(sample.iloc[:200], form) for form in _FORMATS}
    likely = [form for form, share in shares.items() if share > 0.5]
    if not likely:
        return None
    full = {form: _share_read(sample, form) for form in likely}
    best = max(full.values())
    found = [form for form, share in full.items() if share == best]
    if len(found) > 1:
        example = sample.iloc[0]
        raise DataError(
            f"{column}: {example!r} can be read as {found[0]!r} and as {found[1]!r}; say which, "
            f'as in timestamp_format = "{found[0]}"'
        )
    return found[0]


def _share_read(sample: pd.Series, form: str) -> float:
    return float(_to_moments(sample, form).notna().mean())


def _to_moments(text: pd.Series, form: str) -> pd.Series:
    return pd.to_datetime(text, utc=True, errors="coerce", format="ISO8601" if form == ISO else form)
