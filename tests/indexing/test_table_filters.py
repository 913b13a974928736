"""Filters over tables in memory: they agree with the engine on every condition."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharos.indexing.embedded import QdrantEmbedded
from pharos.indexing.filters import AllOf, AnyOf, Filter, FilterError, NoneOf, Range, check, parse_expressions
from pharos.indexing.index import CollectionSpec, Point
from pharos.indexing.payload import item_payload, payload_fields
from pharos.indexing.table_filters import passing
from pharos.ingest.schema import Feature, FeatureType, Schema

SCHEMA = Schema(
    items=(
        Feature("year", FeatureType.NUMBER),
        Feature("genres", FeatureType.TAGS),
        Feature("language", FeatureType.CATEGORY),
        Feature("new", FeatureType.FLAG),
    ),
    has_title=True,
)
GENRES, LANGUAGES = ("War", "Drama", "Comedy"), ("en", "fr")


def _items() -> pd.DataFrame:
    """Every mixture of a year or none, two genres or fewer, a language or none, and a flag or none."""
    rows = [
        (str(number), "", year, tags, language, flag)
        for number, (year, tags, language, flag) in enumerate(
            (year, tags, language, flag)
            for year in (1990.0, 1995.5, 2001.0, math.nan)
            for tags in ((), ("War",), ("War", "Drama"), ("Comedy",))
            for language in ("", *LANGUAGES)
            for flag in (0.0, 1.0, math.nan)
        )
    ]
    return pd.DataFrame(rows, columns=["item_id", "title", "year", "genres", "language", "new"])


ITEMS = _items()
YEARS = st.sampled_from([1989.0, 1990.0, 1995.5, 2000.0, 2001.0])
VALUES = {
    "year": YEARS,
    "genres": st.sampled_from([*GENRES, "unknown"]),
    "language": st.sampled_from([*LANGUAGES, "de", ""]),
    "new": st.booleans(),
    "item_id": st.sampled_from(["0", "7", "none"]),
    "available": st.booleans(),
}
GROUPS = st.sampled_from(list(VALUES)).flatmap(
    lambda field: st.builds(
        lambda kind, values: kind(field, tuple(values)),
        st.sampled_from([AnyOf, AllOf, NoneOf]),
        st.lists(VALUES[field], min_size=1, max_size=3),
    )
)
RANGES = st.builds(
    lambda bounds: Range("year", **bounds),
    st.dictionaries(st.sampled_from(["gte", "lte", "gt", "lt"]), YEARS, min_size=1),
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory):
    index = QdrantEmbedded(tmp_path_factory.mktemp("index"))
    index.create("items", CollectionSpec(vectors={"tower": 2}, payload_fields=payload_fields(SCHEMA), bundle="none"))
    vector = np.array([1, 0], np.float32)
    index.upsert(
        "items",
        [
            Point(row["item_id"], {"tower": vector}, item_payload(SCHEMA, row, available=True, created_at=1))
            for row in ITEMS.to_dict("records")
        ],
    )
    yield index
    index.close()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(conditions=st.lists(GROUPS | RANGES, max_size=3))
def test_the_same_items_pass_as_in_the_engine(engine: QdrantEmbedded, conditions: list):
    filter = check(Filter(tuple(conditions)), SCHEMA)
    hits = engine.search("items", np.array([1, 0], np.float32), limit=len(ITEMS), filter=filter)
    assert set(ITEMS["item_id"][passing(filter, ITEMS, SCHEMA)]) == {hit.item_id for hit in hits}


def test_an_expression_of_people_is_understood():
    filter = check(parse_expressions(["year>=1995", "genres=all:War,Drama", "language!=fr"]), SCHEMA)
    found = ITEMS[passing(filter, ITEMS, SCHEMA)]
    assert set(found["year"]) == {1995.5, 2001.0}
    assert set(found["genres"]) == {("War", "Drama")}
    assert set(found["language"]) == {"", "en"}


def test_a_time_that_no_data_set_tells_is_refused_with_what_can_be_asked():
    with pytest.raises(FilterError, match=r"created_at.*available, genres, item_id, language, new, year"):
        passing(check(parse_expressions(["created_at>5"]), SCHEMA), ITEMS, SCHEMA)
