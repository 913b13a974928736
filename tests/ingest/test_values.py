"""Numbers, times, tags and flags as people write them."""

from pathlib import Path

import numpy as np
import pytest

from pharos.ingest.dataset import Dataset
from pharos.ingest.errors import DataError
from pharos.ingest.load import load_dataset
from tests.ingest.folders import INTERACTIONS, write
from tests.ingest.test_cells import findings, read, values

NUMBERS = {
    "a decimal comma": (["1,5", "2,25", ""], [1.5, 2.25, np.nan]),
    "points between thousands": (["1.234,50", "12,5", "1.234.567,8"], [1234.5, 12.5, 1234567.8]),
    "commas between thousands": (["1,234.50", "12.5", "1,234,567"], [1234.5, 12.5, 1234567]),
    "euros": (["1,50 €", "€ 2,25", "3,75 EUR"], [1.5, 2.25, 3.75]),
    "dollars": (["$1,234.50", "-$5.00", "$3"], [1234.5, -5, 3]),
    "other currencies": (["1 234,50 zł", "5,25 Kč", "7,10 kr"], [1234.5, 5.25, 7.1]),
    "percent": (["12 %", "3.5%", "7"], [12, 3.5, 7]),
    "blanks between thousands": (["1 234,50", "12\u00a0345,75", "1\u202f000,25"], [1234.5, 12345.75, 1000.25]),
    "apostrophes between thousands": (["1'234.50", "2\u2019000.25", "3"], [1234.5, 2000.25, 3]),
    "a sign of minus": (["\u22125", "- 3", "(2.50)"], [-5, -3, -2.5]),
    "a plain number among commas": (["1,5", "2,5", "12.5"], [1.5, 2.5, 12.5]),
    "exponents": (["1e3", "2.5E-1", "$1"], [1000, 0.25, 1]),
}


@pytest.mark.parametrize(("cells", "expected"), NUMBERS.values(), ids=NUMBERS.keys())
def test_a_number_is_written_in_many_ways(tmp_path: Path, cells: list[str], expected: list[float]) -> None:
    dataset = read(tmp_path, "number", cells)
    np.testing.assert_allclose(values(dataset, len(cells)), expected)
    assert not [line for line in findings(dataset) if "missing" in line]


def test_a_decimal_comma_that_was_found_is_told(tmp_path: Path) -> None:
    (line,) = findings(read(tmp_path, "number", ["1,5"], good=""))
    assert line.startswith("items.tsv: 1 noted: value is read with a decimal comma")


def test_a_comma_before_three_digits_is_that_of_thousands_and_told(tmp_path: Path) -> None:
    dataset = read(tmp_path, "number", ["1,234", "5,678"])
    assert values(dataset, 2) == [1234, 5678]
    assert "value may be above a thousand or have decimals" in findings(dataset)[0]


def test_what_is_said_of_the_decimal_mark_holds(tmp_path: Path) -> None:
    said = INTERACTIONS + '[items]\nfile = "items.csv"\nid = "id"\ndecimal = ","\n[items.features]\nvalue = "number"\n'
    folder = write(tmp_path, said, events__csv=["user,item"], items__csv=["id;value", "a;1,234", "b;1.500", "c;7"])
    dataset = load_dataset(folder)
    assert dataset.items["value"].tolist() == [1.234, 1500.0, 7.0]
    assert dataset.report.findings == ()


FLAGS = {"ja": 1.0, "NEIN": 0.0, "oui": 1.0, "non": 0.0, "on": 1.0, "Off": 0.0, "Wahr": 1.0, "falsch": 0.0, "sí": 1.0}


@pytest.mark.parametrize(("cell", "value"), FLAGS.items())
def test_a_flag_is_a_word_of_several_languages(tmp_path: Path, cell: str, value: float) -> None:
    assert values(read(tmp_path, "flag", [cell])) == [value]


TAGS = {
    "a list of JSON": ('["b|c", "a"]', ("b|c", "a")),
    "a list of Python": ("['b', \"a's\"]", ("b", "a's")),
    "an empty list": ("[]", ()),
    "objects with names": ("[{'id': 1, 'name': 'Drama'}, {'id': 2, 'name': 'War'}]", ("Drama", "War")),
    "numbers": ("[1, 2]", ("1", "2")),
    "brackets that are no list": ("[a]|[b]", ("[a]", "[b]")),
    "code that is no literal": ("[exit()]", ("[exit()]",)),
    "a form that is not composed": ("e\u0301", ("é",)),
}


@pytest.mark.parametrize(("cell", "tags"), TAGS.values(), ids=TAGS.keys())
def test_tags_are_written_in_many_ways(tmp_path: Path, cell: str, tags: tuple[str, ...]) -> None:
    assert values(read(tmp_path, "tags", [cell.replace('"', '""').join('""')])) == [tags]


def test_a_text_is_read_without_its_html_where_it_is_said(tmp_path: Path) -> None:
    cell = "<p>1 &lt; 2 &amp; <b>K&ouml;ln</b></p><script>x()</script>"
    assert values(read(tmp_path / "said", "text", [cell], options=", html = true")) == ["1 < 2 & Köln"]
    assert values(read(tmp_path / "not", "text", [cell])) == [cell]


DATES = {"2020-01-01": 2020.0, "2020-07-01T12:00:00Z": 2020.4973, "31.12.2021": 2021.9973, "": np.nan, "null": np.nan}


@pytest.mark.parametrize(("cell", "year"), DATES.items())
def test_a_date_is_the_year_with_its_part(tmp_path: Path, cell: str, year: float) -> None:
    dataset = read(tmp_path, "date", [cell])
    np.testing.assert_allclose(values(dataset), [year], atol=5e-5)
    assert not [line for line in findings(dataset) if "missing" in line]


def test_a_date_that_cannot_be_read_is_missing_and_named(tmp_path: Path) -> None:
    dataset = read(tmp_path, "date", ["soon"], good="2020-01-01")
    assert findings(dataset) == ["items.tsv: 1 read as missing: value is no ISO 8601 time (items.tsv:2 'soon')"]


TIMED = INTERACTIONS + 'timestamp = "time"\n'
MOMENT = 1_600_000_000


def read_times(folder: Path, cells: list[str], said: str = "") -> Dataset:
    lines = ["user\titem\ttime", *(f"u\ti{row}\t{cell}" for row, cell in enumerate(cells))]
    return load_dataset(write(folder, TIMED.replace(".csv", ".tsv") + said, events__tsv=lines))


TIMES = {
    "seconds": "1600000000",
    "seconds with parts": "1600000000.75",
    "milliseconds": "1600000000123",
    "microseconds": "1600000000123456",
    "nanoseconds": "1600000000123456789",
    "ISO 8601 with a zone": "2020-09-13T12:26:40Z",
    "ISO 8601 of another zone": "2020-09-13T14:26:40+02:00",
    "ISO 8601 with parts of a second": "2020-09-13T12:26:40.123456Z",
    "ISO 8601 without a zone": "2020-09-13T12:26:40",
    "a blank in place of the T": "2020-09-13 12:26:40",
    "day first with points": "13.09.2020 12:26:40",
    "day first with slashes": "13/09/2020 12:26:40",
    "month first": "09/13/2020 12:26:40",
    "month first with halves of the day": "09/13/2020 12:26:40 PM",
    "as Twitter writes it": "Sun Sep 13 12:26:40 +0000 2020",
    "digits alone": "20200913122640",
}


@pytest.mark.parametrize("cell", TIMES.values(), ids=TIMES.keys())
def test_a_time_is_written_in_many_ways(tmp_path: Path, cell: str) -> None:
    assert read_times(tmp_path, [cell] * 3).interactions["timestamp"].tolist() == [MOMENT] * 3


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("1600000000123", "time is in milliseconds since 1970, by the size of its numbers"),
        ("2020-09-13T12:26:40", "time names no time zone: taken for UTC"),
        ("13.09.2020 12:26:40", "time is read by the format '%d.%m.%Y %H:%M:%S'"),
        ("0", "time is 0, the first second of 1970"),
        ("-5", "time is negative, before 1970"),
        ("9999999999", "time lies in the future"),
    ],
)
def test_what_was_found_of_times_is_told_with_its_first_cases(tmp_path: Path, cell: str, told: str) -> None:
    lines = findings(read_times(tmp_path, [cell]))
    assert (
        any(told in line and f"events.tsv:2 {cell!r}" in line for line in lines) or f"(events.tsv:2 {cell})" in lines[0]
    )


def test_a_plain_time_is_not_worth_a_word(tmp_path: Path) -> None:
    assert findings(read_times(tmp_path, ["2020-09-13T12:26:40Z"])) == []


def test_times_without_a_zone_are_of_the_one_that_is_said(tmp_path: Path) -> None:
    dataset = read_times(tmp_path, ["2020-09-13 14:26:40", "2020-01-01 01:00:00"], 'timezone = "Europe/Berlin"\n')
    assert dataset.interactions["timestamp"].tolist() == [MOMENT, 1_577_836_800]
    assert findings(dataset) == []


def test_a_format_that_is_said_is_used(tmp_path: Path) -> None:
    dataset = read_times(tmp_path, ["01/02/2020"], 'timestamp_format = "%d/%m/%Y"\n')
    assert dataset.interactions["timestamp"].tolist() == [1_580_515_200]


def test_a_unit_that_is_said_is_used(tmp_path: Path) -> None:
    assert read_times(tmp_path, ["1000"], 'timestamp_format = "ms"\n').interactions["timestamp"].tolist() == [1]


def test_days_that_may_be_months_are_an_error_that_tells_what_to_say(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"time: '01/02/2020' can be read as '%d/%m/%Y' and as '%m/%d/%Y'; say which"):
        read_times(tmp_path, ["01/02/2020", "03/04/2020"])


def test_seconds_among_milliseconds_are_dropped_and_named(tmp_path: Path) -> None:
    dataset = read_times(tmp_path, [*["1600000000000"] * 40, "1600000000"])
    assert len(dataset.interactions) == 40
    assert any("time is in another unit than milliseconds (events.tsv:42 '1600000000')" in f for f in findings(dataset))


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ('timestamp_format = "days"', r"timestamp_format: 'days' is no format; allowed are s, ms, us, ns, iso"),
        ('timezone = "Mars/Base"', r"timezone: unknown time zone 'Mars/Base'"),
        ('timezone = "../etc"', r"timezone: unknown time zone"),
    ],
)
def test_a_format_or_zone_that_is_none_is_named(tmp_path: Path, said: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_times(tmp_path, ["1"], said + "\n")
