"""Files as shops, logs and warehouses export them are read without an edit."""

import bz2
import gzip
import io
import json
import lzma
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import create_engine, text

from pharos.ingest.dataset import Dataset
from pharos.ingest.errors import DataError
from pharos.ingest.fingerprint import fingerprint
from pharos.ingest.load import load_dataset
from tests.ingest.folders import INTERACTIONS, write

EVENTS = [["u1", "i1", "5"], ["u1", "i2", "4.5"], ["ü", "i1", "3"]]
HEADER = ["user", "item", "rating"]
RATED = '[interactions]\nfile = "{file}"\nuser = "user"\nitem = "item"\nrating = "rating"\n'


def csv_text(separator: str = ",", ending: str = "\n", header: bool = True) -> str:
    rows = [HEADER, *EVENTS] if header else EVENTS
    return "".join(separator.join(row) + ending for row in rows)


def read(folder: Path, name: str, content: bytes, more: str = "") -> Dataset:
    folder.mkdir(exist_ok=True)
    (folder / "dataset.toml").write_text(RATED.format(file=name) + more, "utf-8")
    (folder / name).write_bytes(content)
    return load_dataset(folder)


def rows(dataset: Dataset) -> list[list[object]]:
    return dataset.interactions[["user_id", "item_id", "rating"]].to_numpy().tolist()


READ = [["u1", "i1", 5.0], ["u1", "i2", 4.5], ["ü", "i1", 3.0]]


def zstd(content: bytes) -> bytes:
    packed: bytes = pa.Codec("zstd").compress(content, asbytes=True)
    return packed


def zipped(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return buffer.getvalue()


PLAIN = csv_text().encode()
FORMS = {
    "commas": ("events.csv", PLAIN),
    "semicolons": ("events.csv", csv_text(";").encode()),
    "tabs": ("events.txt", csv_text("\t").encode()),
    "bars": ("events.csv", csv_text("|").encode()),
    "commas in a .tsv": ("events.tsv", PLAIN),
    "a mark of UTF-8": ("events.csv", b"\xef\xbb\xbf" + PLAIN),
    "UTF-16": ("events.csv", csv_text("\t").encode("utf-16")),
    "UTF-16 without a mark": ("events.csv", csv_text().encode("utf-16-le")),
    "UTF-16 from the other end": ("events.csv", csv_text().encode("utf-16-be")),
    "UTF-32": ("events.csv", csv_text().encode("utf-32")),
    "Windows-1252": ("events.csv", csv_text().encode("cp1252")),
    "endings of Windows": ("events.csv", csv_text(ending="\r\n").encode()),
    "blanks around names and ids": ("events.csv", csv_text(" , ").encode()),
    "quotes around every cell": ("events.csv", csv_text('","').replace("\n", '"\n"').encode().join([b'"', b""])[:-1]),
    "Excel's hint of the separator": ("events.csv", b"sep=;\r\n" + csv_text(";").encode()),
    "gzip": ("events.csv.gz", gzip.compress(PLAIN)),
    "bzip2": ("events.csv.bz2", bz2.compress(PLAIN)),
    "xz": ("events.csv.xz", lzma.compress(PLAIN)),
    "Zstandard": ("events.csv.zst", zstd(PLAIN)),
    "zip": ("events.csv.zip", zipped(events__csv=csv_text(), readme__md="words")),
    "semicolons of Windows-1252 in gzip": ("events.csv.gz", gzip.compress(csv_text(";").encode("cp1252"))),
    "lines of JSON": (
        "events.jsonl",
        "\n".join(json.dumps(dict(zip(HEADER, row, strict=True))) for row in EVENTS).encode(),
    ),
    "lines of JSON in gzip": (
        "events.json.gz",
        gzip.compress("\n".join(json.dumps(dict(zip(HEADER, row, strict=True))) for row in EVENTS).encode()),
    ),
    "an array of JSON": (
        "events.json",
        json.dumps([dict(zip(HEADER, row, strict=True)) for row in EVENTS], indent=1).encode(),
    ),
}


@pytest.mark.parametrize(("name", "content"), FORMS.values(), ids=FORMS.keys())
def test_a_file_of_this_form_is_read_without_an_edit(tmp_path: Path, name: str, content: bytes) -> None:
    assert rows(read(tmp_path, name, content)) == READ


@pytest.mark.parametrize("extra", ["columns by name", "columns by number"])
def test_a_file_without_a_header_is_read(tmp_path: Path, extra: str) -> None:
    said = 'file = "events.csv"\nheader = false\n'
    if extra == "columns by name":
        said += 'columns = ["user", "item", "rating"]\nuser = "user"\nitem = "item"\nrating = "rating"\n'
    else:
        said += "user = 1\nitem = 2\nrating = 3\n"
    for separator in (",", ";", "\t"):
        folder = write(tmp_path / str(ord(separator)), "[interactions]\n" + said)
        (folder / "events.csv").write_text(csv_text(separator, header=False), "utf-8")
        assert rows(load_dataset(folder)) == READ


def test_decimal_commas_between_semicolons_without_a_header_do_not_split_cells(tmp_path: Path) -> None:
    said = '[interactions]\nfile = "e.csv"\nheader = false\nuser = 1\nitem = 2\nrating = 3\n'
    folder = write(tmp_path, said, e__csv=["u1;i1;4,5", "u2;i1;3,5"])
    assert rows(load_dataset(folder)) == [["u1", "i1", 4.5], ["u2", "i1", 3.5]]


def test_what_is_said_goes_before_what_is_found(tmp_path: Path) -> None:
    content = "user;item;rating\nu;i,1;3\nж;i2;4\n".encode("cp1251")
    dataset = read(tmp_path, "e.csv", content, 'separator = ";"\nencoding = "cp1251"\n')
    assert rows(dataset) == [["u", "i,1", 3.0], ["ж", "i2", 4.0]]


def test_backslashes_before_quotes_are_read_where_it_is_said(tmp_path: Path) -> None:
    content = b'"user";"item";"rating"\n"u";"a \\"b\\"";"3"\n'
    dataset = read(tmp_path, "e.csv", content, "escape = '\\'\n")
    assert rows(dataset) == [["u", 'a "b"', 3.0]]


def test_other_quotes_are_read_where_it_is_said(tmp_path: Path) -> None:
    dataset = read(tmp_path, "e.csv", b"user,item,rating\n'u,1','i',3\n", 'quote = "\'"\n')
    assert rows(dataset) == [["u,1", "i", 3.0]]


def test_an_encoding_that_was_guessed_is_told(tmp_path: Path) -> None:
    report = read(tmp_path, "e.csv", csv_text().encode("cp1252")).report
    (line,) = (line for line in report.lines() if "Windows-1252" in line)
    assert line.startswith("e.csv: 1 noted: bytes that are no UTF-8: read as Windows-1252")
    assert "(e.csv:4)" in line


def test_several_files_a_pattern_and_a_folder_are_read_as_one_table(tmp_path: Path) -> None:
    header = "user,item,rating\n"
    parts = [",".join(row) + "\n" for row in EVENTS]
    for said in ('file = ["a.csv", "b.csv.gz"]', 'file = "*.csv*"', 'file = "parts"'):
        folder = tmp_path / said[8:12].strip('"*[')
        inside = folder / "parts" if "parts" in said else folder
        inside.mkdir(parents=True)
        (inside / "a.csv").write_text(header + parts[0] + parts[1], "utf-8")
        (inside / "b.csv.gz").write_bytes(gzip.compress((header + parts[2]).encode()))
        (inside / "_SUCCESS").write_bytes(b"")
        (folder / "dataset.toml").write_text(RATED.replace('file = "{file}"', said), "utf-8")
        dataset = load_dataset(folder)
        assert rows(dataset) == READ, said
        within = "parts/" if "parts" in said else ""
        assert dataset.report.rows == ((f"{within}a.csv", 2), (f"{within}b.csv.gz", 1))


def test_a_bad_row_of_several_files_is_named_by_its_own_file_and_line(tmp_path: Path) -> None:
    good = ["user,item,rating", *(f"u{n},i{n},3" for n in range(40))]
    folder = write(tmp_path, RATED.format(file="*.csv"), a__csv=good, b__csv=[*good, "u,i,bad", "u,i"], c__csv=good)
    lines = load_dataset(folder).report.lines()
    assert any("rating is no finite number (b.csv:42 'bad')" in line for line in lines)
    assert any(line == "b.csv: 1 dropped: not 3 cells, one for each column (b.csv:43)" for line in lines)


ITEMS = '[items]\nfile = "items.{kind}"\nid = "id"\n[items.features]\n'


def test_nested_fields_are_named_by_their_path(tmp_path: Path) -> None:
    features = (
        'amount = {{ type = "number", column = "price.amount" }}\n"price.currency" = "category"\n'
        'tags = {{ type = "tags", column = "labels.name" }}\n'
        'first = {{ type = "category", column = "labels.0.name" }}\n'
    )
    record = {"id": 7, "price": {"amount": 3.5, "currency": "EUR"}, "labels": [{"name": "a"}, {"name": "b"}]}
    declaration = INTERACTIONS + (ITEMS + features).format(kind="jsonl")
    folder = write(tmp_path, declaration, events__csv=["user,item"], items__jsonl=[json.dumps(record)])
    (item,) = load_dataset(folder).items.to_dict("records")
    assert item == {
        "item_id": "7",
        "title": "7",
        "amount": 3.5,
        "price.currency": "EUR",
        "tags": ("a", "b"),
        "first": "a",
    }


def test_a_struct_of_parquet_is_read_by_its_path(tmp_path: Path) -> None:
    declaration = INTERACTIONS + (ITEMS + '"price.amount" = "number"\n').format(kind="parquet")
    folder = write(tmp_path, declaration, events__csv=["user,item"])
    pq.write_table(pa.table({"id": ["a"], "price": [{"amount": 3.5}]}), folder / "items.parquet")
    assert load_dataset(folder).items["price.amount"].tolist() == [3.5]


PARQUET = {
    "decimals": ("number", pa.array([Decimal("3.50"), None]), 3.5),
    "whole numbers with gaps": ("number", pa.array([3, None], pa.int32()), 3.0),
    "a dictionary": ("category", pa.array(["x", None]).dictionary_encode(), "x"),
    "large strings": ("text", pa.array(["x", None], pa.large_string()), "x"),
    "string views": ("text", pa.array(["x", None], pa.string_view()), "x"),
    "dates": ("date", pa.array([date(2020, 1, 1), None]), 2020.0),
    "moments": ("date", pa.array([1577836800000, None], pa.timestamp("ms")), 2020.0),
    "large lists": ("tags", pa.array([["x"], None], pa.large_list(pa.large_string())), ("x",)),
    "dictionaries in lists": (
        "tags",
        pa.array([["x"], None], pa.list_(pa.dictionary(pa.int32(), pa.string()))),
        ("x",),
    ),
    "half floats": ("number", pa.array([3.5, None], pa.float16()), 3.5),
}


@pytest.mark.parametrize(("kind", "column", "value"), PARQUET.values(), ids=PARQUET.keys())
def test_a_column_of_parquet_of_this_type_is_read(tmp_path: Path, kind: str, column: pa.Array, value: object) -> None:
    declaration = INTERACTIONS + (ITEMS + f'value = "{kind}"\n').format(kind="parquet")
    folder = write(tmp_path, declaration, events__csv=["user,item"])
    pq.write_table(pa.table({"id": ["a", "b"], "value": column}), folder / "items.parquet")
    dataset = load_dataset(folder)
    assert dataset.items["value"].iloc[0] == value
    assert not [line for line in dataset.report.lines() if "missing" in line]


def test_decimals_of_parquet_are_ids_without_their_zeros(tmp_path: Path) -> None:
    folder = write(tmp_path, INTERACTIONS.replace("csv", "parquet"))
    users = pa.array([Decimal("7"), Decimal("12")], pa.decimal128(10, 2))
    pq.write_table(pa.table({"user": users, "item": ["a", "b"]}), folder / "events.parquet")
    assert load_dataset(folder).interactions["user_id"].tolist() == ["7", "12"]


SQL = '[interactions]\nquery = "SELECT * FROM sales"\nurl = "{url}"\nuser = "user"\nitem = "item"\nrating = "rating"\n'


def shop(folder: Path) -> Path:
    engine = create_engine(f"sqlite:///{folder / 'shop.db'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE sales (user TEXT, item TEXT, rating NUMERIC)"))
        for row in EVENTS:
            connection.execute(
                text("INSERT INTO sales VALUES (:user, :item, :rating)"), dict(zip(HEADER, row, strict=True))
            )
    engine.dispose()
    return folder


def test_a_query_is_read_as_a_table(tmp_path: Path) -> None:
    folder = write(shop(tmp_path), SQL.format(url="sqlite:///shop.db"))
    dataset = load_dataset(folder)
    assert rows(dataset) == READ
    assert dataset.report.rows == (("query of [interactions]", 3),)


def test_the_url_of_a_database_may_stand_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(shop(tmp_path), SQL.format(url="env:SHOP_URL"))
    with pytest.raises(DataError, match=r"interactions\.url: the environment variable SHOP_URL is not set"):
        load_dataset(folder)
    monkeypatch.setenv("SHOP_URL", "sqlite:///shop.db")
    assert rows(load_dataset(folder)) == READ


def test_a_query_cannot_write(tmp_path: Path) -> None:
    statement = SQL.format(url="sqlite:///shop.db").replace("SELECT * FROM sales", "DELETE FROM sales")
    with pytest.raises(DataError, match=r"query of \[interactions\]: the query failed: .*readonly"):
        load_dataset(write(shop(tmp_path), statement))


def test_a_query_that_fails_says_what_the_database_says(tmp_path: Path) -> None:
    statement = SQL.format(url="sqlite:///shop.db").replace("sales", "lacking")
    with pytest.raises(DataError, match=r"query of \[interactions\]: the query failed: no such table: lacking"):
        load_dataset(write(shop(tmp_path), statement))


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"other\.db: no such database"):
        load_dataset(write(tmp_path, SQL.format(url="sqlite:///other.db")))
    assert not (tmp_path / "other.db").exists()


def test_a_password_is_not_shown(tmp_path: Path) -> None:
    url = "postgresql://shop:secret@127.0.0.1:1/shop"
    with pytest.raises(DataError) as raised:
        load_dataset(write(tmp_path, SQL.format(url=url)))
    assert "secret" not in str(raised.value)
    assert "query of [interactions]: the query failed" in str(raised.value)


def test_the_same_data_in_csv_parquet_and_json_has_one_fingerprint(tmp_path: Path) -> None:
    records = [
        {
            "id": "a",
            "name": "Ä",
            "price": 1.5,
            "new": True,
            "labels": ["x", "y"],
            "about": "Words, and\nlines",
            "v": [1, 2],
        },
        {"id": "b", "name": "B", "price": None, "new": None, "labels": [], "about": "", "v": None},
    ]
    events = [{"user": "1", "item": "a", "rating": 3.5, "time": 1_600_000_000}]
    features = 'price = "number"\nnew = "flag"\nlabels = "tags"\nabout = "text"\nv = "vector"\n'
    found = set()
    for kind in ("csv", "parquet", "jsonl", "json"):
        folder = tmp_path / kind
        declaration = (
            RATED.format(file=f"events.{kind}") + 'timestamp = "time"\n' + ITEMS.format(kind=kind) + features
        ).replace('id = "id"', 'id = "id"\ntitle = "name"')
        write(folder, declaration)
        write_records(folder / f"events.{kind}", events)
        write_records(folder / f"items.{kind}", records)
        found.add(fingerprint(load_dataset(folder)))
    assert len(found) == 1


def write_records(path: Path, records: list[dict[str, object]]) -> None:
    import csv

    match path.suffix:
        case ".parquet":
            pq.write_table(pa.Table.from_pylist(records), path)
        case ".json":
            path.write_text(json.dumps(records), "utf-8")
        case ".jsonl":
            path.write_text("\n".join(map(json.dumps, records)), "utf-8")
        case _:
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(records[0])
                writer.writerows([json.dumps(c) if isinstance(c, list) else c for c in r.values()] for r in records)


def test_of_two_possible_separators_it_is_the_one_whose_header_names_the_columns(tmp_path: Path) -> None:
    folder = write(tmp_path, INTERACTIONS, events__csv=["user;item;a,b,c", "u;i;1,2,3", "v;j;1,2,3"])
    assert load_dataset(folder).interactions.to_numpy().tolist() == [["u", "i"], ["v", "j"]]
