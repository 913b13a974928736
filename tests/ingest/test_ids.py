"""Ids are kept as they are, and told of where two files write them differently."""

import string
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pharos.ingest.errors import DataError
from pharos.ingest.load import load_dataset
from pharos.ingest.unicode import clean_name
from tests.ingest.folders import INTERACTIONS, write

ITEMS = '[items]\nfile = "items.csv"\nid = "id"\n'


def read(folder: Path, event_items: list[str], item_ids: list[str], said: str = ""):  # type: ignore[no-untyped-def]
    lines = ["user,item", *(f"u{row},{an_id}" for row, an_id in enumerate(event_items))]
    return load_dataset(write(folder, said + INTERACTIONS + ITEMS, events__csv=lines, items__csv=["id", *item_ids]))


PLAIN = [f"i{n}" for n in range(60)]


def test_composed_and_decomposed_ids_are_the_same_and_told(tmp_path: Path) -> None:
    dataset = read(tmp_path, ["caf\u00e9", "cafe\u0301"], ["cafe\u0301"])
    assert dataset.interactions["item_id"].tolist() == ["caf\u00e9"] * 2
    assert dataset.items["item_id"].tolist() == ["caf\u00e9"]
    lines = dataset.report.lines()
    assert any("events.csv: 1 noted: item is brought to one form of Unicode (NFC) (events.csv:3" in x for x in lines)


def test_blanks_around_ids_are_no_part_of_them(tmp_path: Path) -> None:
    dataset = read(tmp_path, [" a", "b\u00a0"], ["a ", "b"])
    assert dataset.interactions["item_id"].tolist() == ["a", "b"]


MENDS = {
    "points of floats": ("7.0", "7", "number", 'they differ in a ".0" behind it'),
    "zeros in front": ("7", "007", "number", "they differ in leading zeros"),
    "case": ("a7", "A7", "lower", "they differ in upper and lower case"),
}


@pytest.mark.parametrize(("own", "listed", "form", "what"), MENDS.values(), ids=MENDS.keys())
def test_ids_that_differ_in_form_are_dropped_with_what_mends_them(
    tmp_path: Path, own: str, listed: str, form: str, what: str
) -> None:
    report = read(tmp_path, [*PLAIN, own], [*PLAIN, listed]).report
    (finding,) = report.findings
    assert f'which has {listed!r} for {own!r} ({what}): say ids = "{form}"' in str(finding)
    assert f"(events.csv:62 {own!r})" in str(finding)


@pytest.mark.parametrize(("own", "listed", "form", "what"), MENDS.values(), ids=MENDS.keys())
def test_what_mends_ids_does(tmp_path: Path, own: str, listed: str, form: str, what: str) -> None:
    dataset = read(tmp_path, [own], [listed], f'ids = "{form}"\n')
    assert dataset.report.findings == ()
    assert dataset.interactions["item_id"].tolist() == dataset.items["item_id"].tolist()


def test_users_that_differ_in_form_are_told(tmp_path: Path) -> None:
    users = '[users]\nfile = "users.csv"\nid = "id"\n'
    folder = write(tmp_path, INTERACTIONS + users, events__csv=["user,item", "1.0,a"], users__csv=["id", "1"])
    lines = load_dataset(folder).report.lines()
    assert any("users.csv: 1 noted: of these differ from a row" in line and "'1.0' for '1'" in line for line in lines)


def test_an_unknown_form_of_ids_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"ids: unknown form 'upper'; allowed are number, lower"):
        read(tmp_path, ["a"], ["a"], 'ids = "upper"\n')


HARD = ["007", "a/b", "ß", "😀", "x" * 500, "-", "NULL", "nan", "1e5", "True", "'", "a b", "#x", "=1+1", "\\N"]


def test_hard_ids_survive(tmp_path: Path) -> None:
    dataset = read(tmp_path, HARD, HARD)
    assert dataset.interactions["item_id"].tolist() == HARD
    assert dataset.report.findings == ()


# All but what no file can hold: halves of pairs, and the zero byte.
any_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ids=st.lists(any_text, min_size=1, max_size=8))
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_any_id_survives_trimmed_and_composed_in_any_file(tmp_path: Path, kind: str, ids: list[str]) -> None:
    import csv
    import json

    write(tmp_path, INTERACTIONS.replace("csv", kind))
    with (tmp_path / f"events.{kind}").open("w", encoding="utf-8", newline="") as file:
        if kind == "csv":
            csv.writer(file, quoting=csv.QUOTE_ALL).writerows(
                [["user", "item"], *([f"u{row}", an_id] for row, an_id in enumerate(ids))]
            )
        else:
            for row, an_id in enumerate(ids):
                file.write(json.dumps({"user": f"u{row}", "item": an_id}) + "\n")
    expected = [clean_name(an_id) for an_id in ids if clean_name(an_id)]
    if len(expected) < len(ids):
        return  # an id of blanks alone is a bad row
    assert load_dataset(tmp_path).interactions["item_id"].tolist() == expected


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(st.text(alphabet=string.ascii_letters + ',;"\t \r\né0', max_size=25), max_size=30),
    encoding=st.sampled_from(["utf-8", "latin-1", "utf-16"]),
)
def test_of_any_file_every_row_is_counted_once(tmp_path: Path, lines: list[str], encoding: str) -> None:
    (tmp_path / "dataset.toml").write_text(INTERACTIONS, "utf-8")
    content = "\n".join(["user,item", *(f"u{n},i{n}" for n in range(200)), *lines])
    (tmp_path / "events.csv").write_bytes(content.encode(encoding))
    dataset = load_dataset(tmp_path, strict=False)
    (_, count), (_, rows) = dataset.report.tables[0], dataset.report.rows[0]
    assert count.read + count.noted + count.dropped == rows
    assert count.read == len(dataset.interactions)
    assert sum(len(rejected.records) for rejected in dataset.report.rejected) == count.dropped


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=300),
    kind=st.sampled_from(["csv", "jsonl", "json", "csv.gz", "zip", "parquet", "csv.zst"]),
)
def test_bytes_without_sense_are_an_error_for_people_or_rows(tmp_path: Path, content: bytes, kind: str) -> None:
    (tmp_path / "dataset.toml").write_text(INTERACTIONS.replace("csv", kind), "utf-8")
    (tmp_path / f"events.{kind}").write_bytes(content)
    try:
        load_dataset(tmp_path, strict=False)
    except DataError as error:
        assert f"events.{kind}" in str(error)
