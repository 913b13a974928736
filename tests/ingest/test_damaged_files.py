"""Files that are broken as a whole: the error names the file and the place, never a trace."""

import gzip
import json
import lzma
from pathlib import Path

import pytest

from pharos.ingest.errors import DataError
from pharos.ingest.load import load_dataset
from tests.ingest.folders import HEADER, RATED, events, rated, write
from tests.ingest.test_formats import zipped, zstd

TEXT = ("\n".join([HEADER, *events(2000)]) + "\n").encode()
DAMAGED = {
    "a truncated gzip": ("e.csv.gz", gzip.compress(TEXT)[:-30], r"e\.csv\.gz: cannot be unpacked as \.gz: "),
    "a gzip that is none": ("e.csv.gz", TEXT, r"e\.csv\.gz: cannot be unpacked as \.gz: Not a gzipped file"),
    "a gzip with a wrong sum": ("e.csv.gz", gzip.compress(TEXT)[:-8] + b"x" * 8, r"cannot be unpacked as \.gz: "),
    "a truncated xz": ("e.csv.xz", lzma.compress(TEXT)[:-30], r"e\.csv\.xz: cannot be unpacked as \.xz: "),
    "a truncated Zstandard": ("e.csv.zst", zstd(TEXT)[:-30], r"e\.csv\.zst: cannot be unpacked as \.zst: "),
    "a zip that is none": ("e.zip", TEXT, r"e\.zip: cannot be unpacked as \.zip: File is not a zip file"),
    "a zip with two tables": ("e.zip", zipped(a__csv="a", b__csv="b"), r"e\.zip: holds 2 tables \(a\.csv, b\.csv\)"),
    "a zip without a table": ("e.zip", zipped(a__doc="a"), r"e\.zip: holds no table, where one is needed"),
    "an empty file": ("e.csv", b"", r"e\.csv: the first line must name the columns, and is empty"),
    "an empty gzip": ("e.csv.gz", gzip.compress(b""), r"e\.csv\.gz: the first line must name the columns"),
    "another kind of file": ("e.xlsx", b"PK", r"e\.xlsx: unknown kind of file '\.xlsx'; allowed are \.csv"),
    "half of UTF-16": ("e.csv", TEXT.decode().encode("utf-16")[:-1], r"e\.csv: is no utf-16: .*say encoding"),
    "one object of JSON": ("e.json", json.dumps({"a": 1}, indent=1).encode(), r"e\.json: is one JSON object; allowed"),
    "an array that breaks off": (
        "e.json",
        b'[\n{"user": "u", "item": "i", "rating": 3, "time": 1},\n{"user": "u", "it',
        r"e\.json:3: the array breaks off",
    ),
    "an array with broken JSON": ("e.json", b'[\n{"user": "u"},\n{user: 1}]', r"e\.json:3: .* is no JSON"),
    "records without a column": (
        "e.jsonl",
        b'{"user": "u"}\n',
        r"e\.jsonl: no record has 'item'; the keys present are 'user'",
    ),
}


@pytest.mark.parametrize(("name", "content", "message"), DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_file_is_named_with_what_is_wrong(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    write(tmp_path, RATED.replace("events.csv", name))
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        load_dataset(tmp_path)


def test_a_table_of_a_zip_with_several_is_read_by_its_name(tmp_path: Path) -> None:
    write(tmp_path, RATED.replace("events.csv", "all.zip/e.csv"))
    (tmp_path / "all.zip").write_bytes(zipped(e__csv=TEXT.decode(), items__csv="id\n"))
    dataset = load_dataset(tmp_path)
    assert len(dataset.interactions) == 2000
    assert dataset.report.rows == (("all.zip/e.csv", 2000),)


def test_a_folder_without_a_table_is_named(tmp_path: Path) -> None:
    write(tmp_path, RATED.replace("events.csv", "parts"))
    (tmp_path / "parts").mkdir()
    with pytest.raises(DataError, match=r"parts: a folder without a table; looked for \.csv"):
        load_dataset(tmp_path)


def test_a_pattern_that_nothing_matches_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no file matches 'part-\*\.csv'"):
        load_dataset(write(tmp_path, RATED.replace("events.csv", "part-*.csv")))


def test_a_line_of_json_that_breaks_off_is_dropped_and_named(tmp_path: Path) -> None:
    lines = [json.dumps({"user": f"u{n}", "item": "i", "rating": 3, "time": 1000000 + n}) for n in range(60)]
    lines[30] = lines[30][:-5]
    lines.insert(40, "[1]")
    lines.insert(0, "")
    folder = write(tmp_path, RATED.replace("csv", "jsonl"), events__jsonl=lines)
    report = load_dataset(folder).report
    assert "events.jsonl: 1 dropped: broken JSON (events.jsonl:32)" in report.lines()
    assert "events.jsonl: 1 dropped: no JSON object (events.jsonl:42)" in report.lines()
    assert report.rows == (("events.jsonl", 61),)


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_line_of_many_megabytes_is_dropped_and_named(tmp_path: Path, quote: str) -> None:
    lines = events(100)
    lines.insert(10, f"{quote}u1{quote},i1,{'9' * (1 << 25)},1000")
    report = load_dataset(rated(tmp_path, lines)).report
    assert "events.csv: 1 dropped: a line of more than 16,777,216 characters (events.csv:12)" in report.lines()


def test_a_quote_that_opens_a_cell_of_a_hundred_thousand_lines_loses_one_row(tmp_path: Path) -> None:
    lines = events(60_000)
    lines.insert(10, 'u1,"i1,3,1000')
    report = load_dataset(rated(tmp_path, lines)).report
    assert report.dropped == 1
    assert "events.csv:12" in report.findings[0].cases


def test_an_entry_of_an_array_that_is_no_object_is_named_by_its_line(tmp_path: Path) -> None:
    records: list[object] = [{"user": f"u{n}", "item": "i", "rating": 3, "time": 1_000_000 + n} for n in range(40)]
    records.insert(2, 5)
    folder = write(tmp_path, RATED.replace("csv", "json"), events__json=json.dumps(records, indent=1).encode())
    report = load_dataset(folder).report
    assert "events.json: 1 dropped: no JSON object (events.json:14)" in report.lines()
    assert report.rows == (("events.json", 41),)
