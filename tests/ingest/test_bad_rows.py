"""Bad rows never vanish silently: each reason is counted and its first cases are named."""

from pathlib import Path

import pytest

from pharos.ingest.errors import DataError
from pharos.ingest.load import load_dataset
from pharos.ingest.report import IngestReport
from tests.ingest.folders import HEADER, RATED, events, items, rated, write

BAD_EVENTS = {
    "an item that is not in the catalogue": ("u1,nowhere,3,1000", "item is not in the items table", "'nowhere'"),
    "a rating that is no number": ("u1,i1,good,1000", "rating is no finite number", "'good'"),
    "an infinite rating": ("u1,i1,inf,1000", "rating is no finite number", "'inf'"),
    "a timestamp in milliseconds": ("u1,i1,3,1700000000000", "time is in milliseconds", "'1700000000000'"),
    "a timestamp that is no number": ("u1,i1,3,yesterday", "time is no number", "'yesterday'"),
    "an empty user": (",i1,3,1000", "user is empty", ""),
    "too few cells": ("u1,i1,3", "not 4 cells", ""),
    "too many cells": ("u1,i1,3,1000,more", "not 4 cells", ""),
    "a quote that is not closed": ('u1,"i1,3,1000', "broken quotes", ""),
}


def found(report: IngestReport, reason: str) -> str:
    """The one line of the report that gives this reason."""
    (line,) = (line for line in report.lines() if reason in line)
    return line


@pytest.mark.parametrize(("line", "reason", "value"), BAD_EVENTS.values(), ids=BAD_EVENTS.keys())
def test_a_bad_event_is_dropped_counted_and_named_by_its_line(
    tmp_path: Path, line: str, reason: str, value: str
) -> None:
    lines = events()
    lines.insert(7, line)  # after the header and seven good lines: line 9
    dataset = load_dataset(rated(tmp_path, lines, items()))
    assert len(dataset.interactions) == 100
    message = found(dataset.report, reason)
    assert "1 dropped" in message
    assert f"events.csv:9 {value}".rstrip() in message


def test_a_line_of_broken_utf8_is_named(tmp_path: Path) -> None:
    good = [line.encode() for line in [HEADER, *events()]]
    good.insert(3, b"u1,\xff\xfe,3,1000")
    dataset = load_dataset(write(tmp_path, RATED, events__csv=b"\n".join(good) + b"\n"))
    assert "events.csv:4" in found(dataset.report, "broken UTF-8")


LINE_ENDINGS = {"of Unix": b"\n", "of Windows": b"\r\n", "of old Macs": b"\r"}


@pytest.mark.parametrize("ending", LINE_ENDINGS.values(), ids=LINE_ENDINGS.keys())
@pytest.mark.parametrize("first", ["u0,i0,3,1000", '"u0","i0",3,1000'], ids=["plain", "quoted"])
def test_a_bad_line_is_named_behind_a_mark_of_unicode_and_empty_lines(
    tmp_path: Path, ending: bytes, first: str
) -> None:
    lines = [HEADER, "", first, "", "", "u1,i1,bad,1000", *events()]
    content = b"\xef\xbb\xbf" + ending.join(line.encode() for line in lines)
    dataset = load_dataset(write(tmp_path, RATED, events__csv=content))
    assert "events.csv:6 'bad'" in found(dataset.report, "rating is no finite number")


def test_a_bad_row_behind_a_cell_of_several_lines_is_named_by_its_line(tmp_path: Path) -> None:
    lines = [*events(40), '"u\n\nx",i1,3,1000', "u1,i1,bad,1000"]
    dataset = load_dataset(rated(tmp_path, lines))
    assert "u\n\nx" in set(dataset.interactions["user_id"])
    assert "events.csv:45 'bad'" in found(dataset.report, "rating is no finite number")


def test_a_timestamp_is_in_milliseconds_from_the_year_5138_on(tmp_path: Path) -> None:
    lines = [*events(40), "u1,i1,3,99999999999.5", "u1,i2,3,100000000000", "u1,i3,3,-100000000000"]
    dataset = load_dataset(rated(tmp_path, lines))
    assert dataset.interactions["timestamp"].max() == 99_999_999_999
    message = found(dataset.report, "milliseconds")
    assert "2 dropped" in message
    assert "events.csv:43 '100000000000', events.csv:44 '-100000000000'" in message


def test_a_twentieth_of_bad_rows_is_still_read(tmp_path: Path) -> None:
    dataset = load_dataset(rated(tmp_path, [*events(95), *["u1,i1,bad,1000"] * 5]))
    assert dataset.report.dropped == 5
    assert dataset.report.counts() == {"rating is no finite number": 5}


def test_bad_rows_of_all_reasons_count_together(tmp_path: Path) -> None:
    lines = [*events(94), *["u1,i1,bad,1000"] * 3, *["u1,i1,3"] * 3]
    with pytest.raises(DataError, match=r"6 of 100 rows are bad(?s:.*)not 4 cells(?s:.*)no finite number"):
        load_dataset(rated(tmp_path, lines))


def test_a_report_begins_with_the_rows_of_each_file(tmp_path: Path) -> None:
    lines = load_dataset(rated(tmp_path, [*events(), "u1,i1,bad,1000"], items())).report.lines()
    assert lines[:2] == ["items.csv: 20 rows", "events.csv: 101 rows"]


def test_a_stray_quote_does_not_swallow_the_lines_after_it(tmp_path: Path) -> None:
    lines = events()
    lines.insert(0, 'u1,"i1,3,1000')
    assert len(load_dataset(rated(tmp_path, lines)).interactions) == 100


def test_a_repeated_item_keeps_its_first_row(tmp_path: Path) -> None:
    dataset = load_dataset(rated(tmp_path, events(), [*items(), "i3,Another,2020"]))
    assert dataset.items.set_index("item_id").loc["i3", "title"] == "Item 3"
    assert "items.csv:22 'i3'" in found(dataset.report, "repeated id")


def test_a_repeated_event_keeps_its_last_row(tmp_path: Path) -> None:
    dataset = load_dataset(rated(tmp_path, [*events(10), "u0,i0,1,2000000"]))
    event = dataset.interactions.query("user_id == 'u0' and item_id == 'i0'")
    assert event["timestamp"].tolist() == [2_000_000]
    assert "1 noted" in found(dataset.report, "repeated (user, item) pair")


def test_an_unreadable_feature_is_read_as_missing(tmp_path: Path) -> None:
    dataset = load_dataset(rated(tmp_path, events(), [*items(30), "i30,New,soon"]))
    assert dataset.items["year"].isna().sum() == 1
    assert "1 read as missing" in found(dataset.report, "year is no finite number")


def test_more_than_a_twentieth_of_bad_rows_is_an_error_with_the_reasons(tmp_path: Path) -> None:
    lines = [*events(90), *["u1,i1,bad,1000"] * 10]
    with pytest.raises(DataError, match=r"10 of 100 rows are bad, more than 5%(?s:.*)rating is no finite number"):
        load_dataset(rated(tmp_path, lines))


def test_only_the_first_cases_are_shown_of_many(tmp_path: Path) -> None:
    lines = [*events(96), *["u1,i1,bad,1000"] * 4]
    message = found(load_dataset(rated(tmp_path, lines)).report, "rating is no finite number")
    assert "4 dropped" in message
    assert message.count("events.csv:") == 4  # the file, and three cases
    assert "…" in message


def test_a_missing_column_is_named_with_those_that_are_there(tmp_path: Path) -> None:
    folder = write(tmp_path, RATED, events__csv=["user,item,stars,time", "u1,i1,3,1000"])
    with pytest.raises(DataError, match=r"events\.csv: no column 'rating'.*'user', 'item', 'stars', 'time'"):
        load_dataset(folder)


def test_an_empty_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"events\.csv: the first line must name the columns"):
        load_dataset(write(tmp_path, RATED, events__csv=b""))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"events\.csv"):
        load_dataset(write(tmp_path, RATED))
