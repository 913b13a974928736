"""Cells of a CSV file as values of features, one type after the other."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pharos.ingest.dataset import Dataset
from pharos.ingest.errors import DataError
from pharos.ingest.load import load_dataset
from pharos.ingest.schema import Feature
from tests.ingest.folders import INTERACTIONS, write

GOOD_ROWS = 40


def read(folder: Path, kind: str, cells: list[str], good: str = "", options: str = "") -> Dataset:
    """A data set of tab-separated items "c0", "c1", … with these cells of one feature, before forty with a good one."""
    lines = ["id\tvalue", *(f"c{row}\t{cell}" for row, cell in enumerate(cells))]
    lines += [f"g{row}\t{good}" for row in range(GOOD_ROWS)]
    declaration = f'[items]\nfile = "items.tsv"\nid = "id"\n[items.features]\nvalue = {{ type = "{kind}"{options} }}\n'
    return load_dataset(write(folder, INTERACTIONS + declaration, events__csv=["user,item"], items__tsv=lines))


def values(dataset: Dataset, count: int = 1) -> list[object]:
    return dataset.items["value"].iloc[:count].tolist()


def findings(dataset: Dataset) -> list[str]:
    return [str(finding) for finding in dataset.report.findings]


FLAGS = {
    **dict.fromkeys(["1", "true", "True", "T", "yes", "Y", "1.0", " true "], 1.0),
    **dict.fromkeys(["0", "false", "FALSE", "f", "no", "N", "0.0"], 0.0),
    **dict.fromkeys(["", "null", "NA", "n/a", "None", "\\N", "nan"], np.nan),
}


@pytest.mark.parametrize(("cell", "value"), FLAGS.items())
def test_a_flag_is_written_in_many_ways(tmp_path: Path, cell: str, value: float) -> None:
    dataset = read(tmp_path, "flag", [cell])
    np.testing.assert_array_equal(values(dataset), [value])
    assert findings(dataset) == []


NUMBERS = {"1": 1.0, " 2.5 ": 2.5, "-3": -3.0, "1e3": 1000.0, ".5": 0.5, "": np.nan, "NaN": np.nan, "\\N": np.nan}


@pytest.mark.parametrize(("cell", "value"), NUMBERS.items())
@pytest.mark.parametrize("other", ["7", "seven"], ids=["all readable", "another not"])
def test_a_number_is_read_alike_whatever_else_is_in_its_column(
    tmp_path: Path, cell: str, value: float, other: str
) -> None:
    np.testing.assert_array_equal(values(read(tmp_path, "number", [cell, other])), [value])


UNREADABLE = {
    "a number in words": ("number", "seven", "value is no finite number"),
    "an infinite number": ("number", "inf", "value is no finite number"),
    "a number beyond all floats": ("number", "1e999", "value is no finite number"),
    "a flag of two": ("flag", "2", "value is neither true nor false"),
    "a vector of words": ("vector", "1 two", "value is no vector of finite numbers"),
    "a vector with an infinite number": ("vector", "1 inf", "value is no vector of finite numbers"),
    "a vector with a number beyond its floats": ("vector", "1 1e39", "value is no vector of finite numbers"),
    "a vector of another length": ("vector", "1 2 3", "value has not 2 numbers"),
}


@pytest.mark.parametrize(("kind", "cell", "reason"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_an_unreadable_cell_is_missing_and_named(tmp_path: Path, kind: str, cell: str, reason: str) -> None:
    dataset = read(tmp_path, kind, [cell], good="1 2" if kind == "vector" else "1")
    assert pd.isna(values(dataset)[0])
    assert findings(dataset) == [f"items.tsv: 1 read as missing: {reason} (items.tsv:2 {cell!r})"]
    assert dataset.items["value"].iloc[1:].notna().all()


def test_a_vector_of_too_many_numbers_is_unreadable(tmp_path: Path) -> None:
    dataset = read(tmp_path, "vector", [" ".join(["1"] * 8193), " ".join(["1"] * 8192)])
    assert values(dataset)[0] is None
    assert dataset.schema.items == (Feature("value", dataset.schema.items[0].type, length=8192),)


@pytest.mark.parametrize("cell", ["1 2.5", "1,2.5", "[1, 2.5]", " [1  2.5] "])
def test_a_vector_is_written_in_many_ways(tmp_path: Path, cell: str) -> None:
    (vector,) = values(read(tmp_path, "vector", [cell]))
    np.testing.assert_array_equal(np.asarray(vector), np.array([1, 2.5], np.float32))


def test_more_than_a_twentieth_of_unreadable_cells_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"3 of 43 cells cannot be read, more than 5%(?s:.*)value is no finite number"):
        read(tmp_path, "number", ["x", "y", "z"], good="1")


def test_a_category_is_without_blanks_around_it_and_a_text_with_them(tmp_path: Path) -> None:
    assert values(read(tmp_path / "category", "category", [" a b "])) == ["a b"]
    assert values(read(tmp_path / "text", "text", [" a b "])) == [" a b "]


@pytest.mark.parametrize(("kind", "limit"), [("category", 500), ("text", 20_000)])
def test_a_text_is_cut_at_its_limit_and_counted(tmp_path: Path, kind: str, limit: int) -> None:
    dataset = read(tmp_path, kind, ["x" * (limit + 1), "y" * limit])
    assert values(dataset, 2) == ["x" * limit, "y" * limit]
    assert findings(dataset) == [f"items.tsv: 1 cut short: value of more than {limit:,} characters (items.tsv:2)"]


def test_tags_are_without_blanks_empty_ones_and_repeats_in_their_order(tmp_path: Path) -> None:
    assert values(read(tmp_path, "tags", [" b |a||b| "])) == [("b", "a")]


def test_tags_may_stand_between_any_text(tmp_path: Path) -> None:
    assert values(read(tmp_path, "tags", ["a, b|c"], options=', separator = ", "')) == [("a", "b|c")]


def test_tags_are_cut_in_number_and_length_and_counted(tmp_path: Path) -> None:
    full, many, long = "|".join(map(str, range(200))), "|".join(map(str, range(201))), "a|" + "x" * 201
    dataset = read(tmp_path, "tags", [full, many, long, "x" * 200])
    numbers = tuple(map(str, range(200)))
    assert values(dataset, 4) == [numbers, numbers, ("a", "x" * 200), ("x" * 200,)]
    reason = "value of more than 200 tags or 200 characters a tag"
    assert findings(dataset) == [f"items.tsv: 2 cut short: {reason} (items.tsv:3, items.tsv:4)"]
