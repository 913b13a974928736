"""dataset.toml: what it can say, and what is said about one that is wrong."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pharos.ingest.errors import DataError
from pharos.ingest.load import load_dataset
from pharos.ingest.schema import Feature, FeatureType
from tests.ingest.folders import INTERACTIONS, ITEMS, RATED, events, items, write

EVERY_TYPE = INTERACTIONS + (
    '[items]\nfile = "items.csv"\nid = "id"\ntitle = "name"\n[items.features]\nprice = "number"\nnew = "flag"\n'
    'maker = "category"\nlabels = { type = "tags", separator = ";" }\nabout = "text"\n'
    'picture = { type = "vector", length = 2 }\n'
)
WRONG = {
    "no interactions": ('[items]\nfile = "items.csv"\nid = "id"\n', r"interactions: missing"),
    "an unknown table": (INTERACTIONS + "[films]\n", r"films: unknown key; allowed are interactions, items, users"),
    "an unknown key": (INTERACTIONS + 'stars = "rating"\n', r"interactions\.stars: unknown key"),
    "a missing key": ('[interactions]\nfile = "events.csv"\nuser = "user"\n', r"interactions\.item: missing"),
    "an unknown feature type": (RATED + ITEMS.replace("number", "colour"), r"'colour'; allowed are number, flag"),
    "a reserved name": (RATED + ITEMS.replace("year =", "title ="), r"items\.features\.title: not a feature's name"),
    "a column used twice": (INTERACTIONS.replace('"item"', '"user"'), r"'user' is used twice"),
    "no TOML": ("interactions", r"cannot be read as TOML"),
    "no table": ('interactions = "events.csv"\n', r"interactions: must be a table \[interactions\], not 'events\.csv'"),
    "an empty name": (INTERACTIONS.replace('"events.csv"', '""'), r"interactions\.file: must be a text .* not ''"),
    "a number for a name": (INTERACTIONS.replace('"user"', "3"), r"interactions\.user: must be a text .* not 3"),
    "an unknown key of the items": (RATED + ITEMS.replace("title =", "name ="), r"items\.name: unknown key"),
    "a title of users": (RATED + '[users]\nfile = "u.csv"\nid = "id"\ntitle = "t"\n', r"users\.title: unknown key"),
    "an id that is a feature too": (RATED + ITEMS.replace("year =", "id ="), r"items: the column 'id' is used twice"),
    "features that are no table": (
        RATED + ITEMS.replace("[items.features]\nyear", "features"),
        r"items\.features: must be a table",
    ),
    "a feature that is no type": (
        RATED + ITEMS.replace('"number"', "3"),
        r"items\.features\.year: must be a type .* 3",
    ),
    "a feature without a type": (
        RATED + ITEMS.replace('"number"', '{ separator = ";" }'),
        r"items\.features\.year\.type: missing; allowed",
    ),
    "an option of another type": (
        RATED + ITEMS.replace('"number"', '{ type = "number", length = 2 }'),
        r"year\.length: unknown key; allowed are type",
    ),
    "an empty separator": (
        RATED + ITEMS.replace('"number"', '{ type = "tags", separator = "" }'),
        r"year\.separator: must be a text",
    ),
    **{
        f"a length of {length}": (
            RATED + ITEMS.replace('"number"', f'{{ type = "vector", length = {length} }}'),
            rf"year\.length: must be a whole number from 1 to 8192, not {shown}",
        )
        for length, shown in {"0": "0", "8193": "8193", "2.0": "2.0", "true": "True", "[2]": r"\[2\]"}.items()
    },
}


@pytest.mark.parametrize(("declaration", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_declaration_names_the_key_and_what_is_allowed(tmp_path: Path, declaration: str, message: str) -> None:
    folder = write(tmp_path, declaration, events__csv=["user,item,rating,time"], items__csv=["id,name,year"])
    with pytest.raises(DataError, match=message):
        load_dataset(folder)


def test_every_type_of_feature_is_read_as_declared(tmp_path: Path) -> None:
    lines = ["id,name,price,new,maker,labels,about,picture", "a,A,1.5,yes,Acme,x; y;x,Some words,1 2", "b,B,,,,,,"]
    folder = write(tmp_path, EVERY_TYPE, events__csv=["user,item", "u,a"], items__csv=lines)
    dataset = load_dataset(folder)
    first, second = dataset.items.to_dict("records")
    assert (first["price"], first["new"], first["maker"]) == (1.5, 1.0, "Acme")
    assert (first["labels"], first["about"]) == (("x", "y"), "Some words")
    np.testing.assert_array_equal(first["picture"], np.array([1, 2], np.float32))
    assert np.isnan(second["price"])
    assert np.isnan(second["new"])
    assert (second["maker"], second["labels"], second["about"], second["picture"]) == ("", (), "", None)


def test_a_vector_without_a_declared_length_takes_that_of_most_rows(tmp_path: Path) -> None:
    declaration = EVERY_TYPE.replace(", length = 2", "")
    rows = [f"i{n},N,1,1,m,x,t,1 2 3" for n in range(40)]
    header = "id,name,price,new,maker,labels,about,picture"
    folder = write(tmp_path, declaration, events__csv=["user,item", "u,i1"], items__csv=[header, *rows, "z,N,,,,,,1 2"])
    dataset = load_dataset(folder)
    assert dataset.schema.items[-1] == Feature("picture", FeatureType.VECTOR, length=3)
    assert dataset.items["picture"].iloc[-1] is None


def test_parquet_files_are_read_like_csv(tmp_path: Path) -> None:
    csv = load_dataset(write(tmp_path / "csv", RATED, events__csv=["user,item,rating,time", *events()]))
    frame = pd.read_csv(tmp_path / "csv" / "events.csv")
    write(tmp_path / "parquet", RATED.replace("events.csv", "events.parquet"))
    frame.to_parquet(tmp_path / "parquet" / "events.parquet")
    pd.testing.assert_frame_equal(load_dataset(tmp_path / "parquet").interactions, csv.interactions)


def test_ids_stay_texts_as_they_are_written(tmp_path: Path) -> None:
    folder = write(tmp_path, INTERACTIONS, events__csv=["user,item", "007,0.50"])
    assert load_dataset(folder).interactions.to_numpy().tolist() == [["007", "0.50"]]


def test_a_vector_may_have_the_longest_length(tmp_path: Path) -> None:
    declaration = RATED + ITEMS.replace('"number"', '{ type = "vector", length = 8192 }')
    folder = write(tmp_path, declaration, events__csv=["user,item,rating,time"], items__csv=["id,name,year", "a,A,"])
    assert load_dataset(folder).schema.items[0].length == 8192


@pytest.mark.parametrize("name", ["self", "index", "rating", "", "a.b", 'with "quotes"'])
def test_a_feature_may_have_any_name_but_the_reserved_ones(tmp_path: Path, name: str) -> None:
    declaration = RATED + ITEMS.replace("year", json.dumps(name))
    quoted = name.replace('"', '""')
    folder = write(
        tmp_path, declaration, events__csv=["user,item,rating,time"], items__csv=[f'id,name,"{quoted}"', "a,A,3"]
    )
    assert load_dataset(folder).items[name].tolist() == [3.0]


def test_a_user_without_a_row_is_counted(tmp_path: Path) -> None:
    users = '[users]\nfile = "users.csv"\nid = "id"\n'
    lines = ["user,item", "u1,a", "u2,b", "u3,a"]
    all_there = write(tmp_path / "all", INTERACTIONS + users, events__csv=lines, users__csv=["id", "u1", "u2", "u3"])
    assert load_dataset(all_there).report.findings == ()
    some = write(tmp_path / "some", INTERACTIONS + users, events__csv=lines, users__csv=["id", "u1"])
    (finding,) = load_dataset(some).report.findings
    assert str(finding).startswith("users.csv: 2 noted: users of interactions without a row")


def test_items_and_users_without_a_row_have_no_features(tmp_path: Path) -> None:
    users = '[users]\nfile = "users.csv"\nid = "id"\n[users.features]\nage = "number"\n'
    folder = write(
        tmp_path, INTERACTIONS + users, events__csv=["user,item", "u1,a", "u2,b"], users__csv=["id,age", "u1,30"]
    )
    dataset = load_dataset(folder)
    assert dataset.items["item_id"].tolist() == ["a", "b"]
    assert dataset.items["title"].tolist() == ["a", "b"]
    assert dataset.users["age"].isna().tolist() == [False, True]


def test_a_catalogue_without_events_can_be_read_but_not_learnt_from(tmp_path: Path) -> None:
    folder = write(
        tmp_path, RATED + ITEMS, events__csv=["user,item,rating,time"], items__csv=["id,name,year", *items()]
    )
    dataset = load_dataset(folder)
    with pytest.raises(DataError, match=r"20 items and no interactions"):
        dataset.require_interactions()


def test_a_folder_of_no_known_layout_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no known layout(?s:.*)dataset\.toml(?s:.*)ratings\.csv, movies\.csv"):
        load_dataset(write(tmp_path, notes__txt=["nothing"]))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere: no such folder"):
        load_dataset(tmp_path / "nowhere")


def test_an_event_of_an_item_without_a_row_is_used_where_it_is_said(tmp_path: Path) -> None:
    declaration = RATED + ITEMS.replace('id = "id"', 'id = "id"\nunlisted = "keep"')
    lines = ["user,item,rating,time", *events(), "u1,other,3,1000000"]
    dataset = load_dataset(write(tmp_path, declaration, events__csv=lines, items__csv=["id,name,year", *items()]))
    assert "other" in set(dataset.interactions["item_id"])
    assert dataset.items.set_index("item_id").loc["other", "title"] == ""
    (line,) = (line for line in dataset.report.lines() if "noted" in line)
    assert "1 noted: item is not in the items table: an item without features (events.csv:102 'other')" in line


def test_a_feature_may_be_called_otherwise_than_its_column(tmp_path: Path) -> None:
    declaration = RATED + ITEMS.replace('year = "number"', 'since = { type = "number", column = " The Year " }')
    folder = write(
        tmp_path, declaration, events__csv=["user,item,rating,time"], items__csv=["id,name,The Year", "a,A,3"]
    )
    dataset = load_dataset(folder)
    assert dataset.items["since"].tolist() == [3.0]
    assert [feature.name for feature in dataset.schema.items] == ["since"]


SOURCES = {
    "neither file nor query": ('user = "u"\nitem = "i"\n', r"interactions\.file: missing; required is file, or query"),
    "a query without a url": ('query = "q"\nuser = "u"\nitem = "i"\n', r"interactions\.url: missing; a query needs"),
    "a url without a query": ('file = "f.csv"\nurl = "x"\nuser = "u"\nitem = "i"\n', r"url: is for a query"),
    "a separator of a query": (
        'query = "q"\nurl = "sqlite:///x"\nseparator = ";"\nuser = "u"\nitem = "i"\n',
        r"separator: is for files",
    ),
    "a url that is none": ('query = "q"\nurl = "x"\nuser = "u"\nitem = "i"\n', r"no URL of a database; allowed is one"),
    "an unknown encoding": ('file = "f.csv"\nencoding = "klingon"\nuser = "u"\nitem = "i"\n', r"encoding 'klingon'"),
    "an encoding of no text": ('file = "f.csv"\nencoding = "hex"\nuser = "u"\nitem = "i"\n', r"encoding 'hex'"),
    "a number under a header": ('file = "f.csv"\nuser = 1\nitem = 2\n', r"numbers are for header = false"),
    "a header of words": ('file = "f.csv"\nheader = "no"\nuser = "u"\nitem = "i"\n', r"header: must be true or false"),
    "a long quote": ('file = "f.csv"\nquote = "##"\nuser = "u"\nitem = "i"\n', r"quote: must be one sign"),
    "another decimal mark": (
        'file = "f.csv"\ndecimal = ";"\nuser = "u"\nitem = "i"\n',
        r"decimal: must be one of '\.'",
    ),
    "no files": ('file = []\nuser = "u"\nitem = "i"\n', r"file: must be a text or a list of texts"),
}


@pytest.mark.parametrize(("said", "message"), SOURCES.values(), ids=SOURCES.keys())
def test_a_wrong_source_names_the_key_and_what_is_allowed(tmp_path: Path, said: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_dataset(write(tmp_path, "[interactions]\n" + said, f__csv=["u,i", "a,b"]))
