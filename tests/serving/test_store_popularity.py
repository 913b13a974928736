from dataclasses import replace

import pandas as pd
import pytest

from pharos.indexing.filters import Filter, check, parse_expressions
from pharos.ingest.dataset import Dataset
from pharos.ingest.schema import Schema
from pharos.serving.store import Store
from tests.serving import world


def filter_of(*expressions: str) -> Filter:
    return check(parse_expressions(expressions), world.SCHEMA)


def rated(events: list[tuple[str, str, float]], items: list[str]) -> Dataset:
    interactions = pd.DataFrame(events, columns=["user_id", "item_id", "rating"]).astype({"rating": "float32"})
    return Dataset(
        "rated",
        interactions,
        pd.DataFrame({"item_id": items, "title": items}),
        pd.DataFrame({"user_id": interactions["user_id"].unique()}),
        Schema(has_rating=True),
    )


def test_popularity_is_the_weighted_rating(empty_store: Store) -> None:
    events = [
        ("u1", "a", 5.0),
        ("u1", "b", 4.0),
        ("u2", "b", 5.0),
        ("u3", "b", 5.0),
        ("u1", "c", 1.0),
        ("u2", "c", 2.0),
    ]
    empty_store.import_dataset(rated(events, ["a", "b", "c"]))
    mean, prior = 22 / 6, 6 / 3
    expected = {
        "b": (14 + prior * mean) / (3 + prior),
        "a": (5 + prior * mean) / (1 + prior),
        "c": (3 + prior * mean) / (2 + prior),
    }
    found = empty_store.popular(10)
    assert [item.item_id for item in found] == ["b", "a", "c"]
    assert {item.item_id: item.score for item in found} == pytest.approx(expected)


def test_an_item_that_nobody_rated_comes_after_the_worst(empty_store: Store) -> None:
    empty_store.import_dataset(rated([("u1", "a", 5.0), ("u1", "z", 1.0)], ["a", "b", "z"]))
    assert [item.item_id for item in empty_store.popular(3)] == ["a", "z", "b"]


def test_without_ratings_popularity_is_the_count_of_events(empty_store: Store) -> None:
    data = rated([("u1", "a", 0), ("u1", "b", 0), ("u2", "b", 0)], ["a", "b"])
    interactions = data.interactions.drop(columns="rating")
    empty_store.import_dataset(replace(data, interactions=interactions, schema=Schema()))
    assert [(item.item_id, item.score) for item in empty_store.popular(2)] == [("b", 2.0), ("a", 1.0)]


def test_every_item_is_listed_where_so_many_are_asked_for(store: Store) -> None:
    assert {item.item_id for item in store.popular(100)} == set(world.items()["item_id"])


@pytest.mark.parametrize(
    ("expressions", "expected"),
    [
        (["genres=War"], lambda row: "War" in row.genres),
        (["genres=War,Animation"], lambda row: len(row.genres) > 0),
        (["genres=all:War,Drama"], lambda row: {"War", "Drama"} <= set(row.genres)),
        (["genres!=War"], lambda row: "War" not in row.genres),
        (["year>=1990"], lambda row: row.year >= 1990),
        (["year>1990", "year<1993"], lambda row: 1990 < row.year < 1993),
        (["year=1985..1986", "genres=Drama"], lambda row: row.year in (1985, 1986) and "Drama" in row.genres),
        (["year=1985"], lambda row: row.year == 1985),
        (["language!=en"], lambda row: row.language != "en"),
        (["item_id=lone"], lambda row: row.item_id == "lone"),
        (["available=true"], lambda row: True),
        (["available=false"], lambda row: False),
    ],
)
def test_a_filter_lets_pass_what_it_says(store: Store, expressions: list[str], expected) -> None:
    wanted = {row.item_id for row in world.items().itertuples() if expected(row)}
    assert {item.item_id for item in store.popular(100, filter_of(*expressions))} == wanted
