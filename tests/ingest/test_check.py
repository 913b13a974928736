"""`pharos check`: what was read, what was dropped and why, and what will be of little use."""

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pharos.cli.main import app
from pharos.ingest.advice import advise
from pharos.ingest.errors import DataError
from pharos.ingest.load import load_dataset
from pharos.ingest.rejects import write_rejects
from tests.ingest.folders import HEADER, INTERACTIONS, ITEMS, RATED, events, items, rated, write


def check(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["check", *map(str, arguments)])


BAD = ["u1,i1,bad,1000", "u1,i1,3", "u0,i0,4,2000000", ",i1,3,1000"]


def test_the_counts_of_a_table_add_up_to_its_rows(tmp_path: Path) -> None:
    answer = json.loads(check(rated(tmp_path, [*events(), *BAD], items()), "--json").stdout)
    assert answer["interactions"] == {"read": 100, "noted": 1, "dropped": 3}
    assert answer["items"] == {"read": 20, "noted": 0, "dropped": 0}
    assert answer["users"] == {"read": 0, "noted": 0, "dropped": 0}
    assert answer["files"] == [{"file": "items.csv", "rows": 20}, {"file": "events.csv", "rows": 104}]
    assert answer["errors"] == []


def test_people_get_a_table_and_every_reason_with_its_first_cases(tmp_path: Path) -> None:
    result = check(rated(tmp_path, [*events(), *BAD], items()))
    assert result.exit_code == 0
    assert "interactions           100           1           3" in result.stdout
    assert "events.csv: 1 dropped: rating is no finite number (events.csv:102 'bad')" in result.stdout
    assert "Can be read." in result.stdout


def test_rejected_rows_are_written_with_their_reasons(tmp_path: Path) -> None:
    folder = rated(tmp_path / "data", [*events(), *BAD], items())
    result = check(folder, "--rejects", tmp_path / "rejects.csv")
    with (tmp_path / "rejects.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert [row[:3] for row in rows] == [
        ["file", "line", "reason"],
        ["events.csv", "102", "rating is no finite number"],
        ["events.csv", "103", "not 4 cells, one for each column"],
        ["events.csv", "105", "user is empty"],
    ]
    assert json.loads(rows[1][3]) == {"user": "u1", "item": "i1", "rating": "bad", "time": "1000"}
    assert rows[2][3] == "u1,i1,3"
    assert "3 dropped rows stand in" in result.stdout


def test_rejected_rows_are_never_written_over_other_files(tmp_path: Path) -> None:
    folder = rated(tmp_path, [*events(), *BAD])
    before = (folder / "events.csv").read_bytes()
    with pytest.raises(DataError, match=r"events\.csv: is there already, and is no file of rejected rows"):
        write_rejects(load_dataset(folder).report, folder / "events.csv")
    assert (folder / "events.csv").read_bytes() == before
    write_rejects(load_dataset(folder).report, folder / "rejects")
    assert write_rejects(load_dataset(folder).report, folder / "rejects") == 3


def test_a_data_set_of_mostly_bad_rows_is_shown_and_refused(tmp_path: Path) -> None:
    folder = rated(tmp_path, [*events(20), *["u1,i1,bad,1000"] * 20])
    result = check(folder, "--json", "--rejects", tmp_path / "rejects.csv")
    answer = json.loads(result.stdout)
    assert result.exit_code == 1
    assert answer["interactions"] == {"read": 20, "noted": 0, "dropped": 20}
    assert answer["errors"][0].startswith("events.csv: 20 of 40 rows are bad, more than 5% allowed")
    assert len((tmp_path / "rejects.csv").read_text("utf-8").splitlines()) == 21
    with pytest.raises(DataError):
        load_dataset(folder)


def test_what_cannot_be_read_at_all_is_an_error_in_the_same_form(tmp_path: Path) -> None:
    result = check(write(tmp_path, RATED), "--json")
    answer = json.loads(result.stdout)
    assert result.exit_code == 1
    assert answer["interactions"] == {"read": 0, "noted": 0, "dropped": 0}
    assert "events.csv: no such file" in answer["errors"][0]


USELESS = {
    "a constant feature": (["i1,A,5", "i2,B,5"], ["u,i1", "v,i2"], "items 'year': every value is 5.0"),
    "a feature without values": (["i1,A,", "i2,B,"], ["u,i1", "v,i2"], "items 'year': every value is missing"),
    "an item that nobody has": (["i1,A,5", "i2,B,6"], ["u,i1", "v,i1"], "1 of 2 items have no event"),
    "a user with half of all events": (["i1,A,5", "i2,B,6"], ["u,i1", "u,i2", "v,i1"], "this one user has 67% of all"),
    "one list for all": (
        ["i1,A,5", "i2,B,6"],
        ["u,i1", "u,i2", "v,i1", "v,i2"],
        "every user has the same items: only one list for all",
    ),
    "nothing to learn from": (["i1,A,5"], [], "interactions: there are none"),
}


@pytest.mark.parametrize(("item_lines", "event_lines", "told"), USELESS.values(), ids=USELESS.keys())
def test_what_will_be_of_little_use_is_told(
    tmp_path: Path, item_lines: list[str], event_lines: list[str], told: str
) -> None:
    folder = write(
        tmp_path,
        INTERACTIONS + ITEMS,
        events__csv=["user,item", *event_lines],
        items__csv=["id,name,year", *item_lines],
    )
    assert any(told in str(advice) for advice in advise(load_dataset(folder)))


def test_an_id_as_a_feature_is_told(tmp_path: Path) -> None:
    declaration = INTERACTIONS + ITEMS + 'code = "category"\nagain = "category"\n'
    lines = [f"i{n},A,{n},c{n},i{n}" for n in range(30)]
    folder = write(
        tmp_path,
        declaration,
        events__csv=["user,item", *(f"u{n % 7},i{n}" for n in range(30))],
        items__csv=["id,name,year,code,again", *lines],
    )
    told = [str(advice) for advice in advise(load_dataset(folder))]
    assert any(line.startswith("items 'code': 30 categories among 30 values: an id") for line in told)
    assert "items 'again': repeats the id, which is no feature" in told


def test_of_a_good_data_set_nothing_is_told(tmp_path: Path) -> None:
    lines = [f"u{n % 25},i{(n * 7 + n // 25) % 20},{n % 5 + 1},{1_000_000 + n}" for n in range(200)]
    assert (
        advise(
            load_dataset(
                write(tmp_path, RATED + ITEMS, events__csv=[HEADER, *lines], items__csv=["id,name,year", *items()])
            )
        )
        == []
    )
