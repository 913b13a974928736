"""How filters are written, and what is said about those that cannot be."""

import pytest

from pharos.indexing.conditions import MAX_CONDITIONS, MAX_VALUES
from pharos.indexing.filters import (
    AllOf,
    AnyOf,
    Filter,
    FilterError,
    NoneOf,
    Range,
    check,
    parse_expression,
    parse_expressions,
    parse_json,
)
from pharos.ingest.schema import Feature, FeatureType, Schema

SCHEMA = Schema(
    items=(
        Feature("genres", FeatureType.TAGS),
        Feature("language", FeatureType.CATEGORY),
        Feature("year", FeatureType.NUMBER),
        Feature("restored", FeatureType.FLAG),
        Feature("overview", FeatureType.TEXT),
        Feature("poster", FeatureType.VECTOR, length=2),
    )
)


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("genres=Drama", AnyOf("genres", ("Drama",))),
        ("genres=Drama,War", AnyOf("genres", ("Drama", "War"))),
        (" genres = Film noir , War ", AnyOf("genres", ("Film noir", "War"))),
        ("genres=all:Drama,War", AllOf("genres", ("Drama", "War"))),
        ("genres!=Horror,War", NoneOf("genres", ("Horror", "War"))),
        ("title=a=b", AnyOf("title", ("a=b",))),
        ("жанр=Драма", AnyOf("жанр", ("Драма",))),
        ("year>=1990", Range("year", gte=1990)),
        ("year<=1990", Range("year", lte=1990)),
        ("year>-1.5", Range("year", gt=-1.5)),
        ("year<1e3", Range("year", lt=1000)),
        ("year=1990..2000", Range("year", gte=1990, lte=2000)),
        ("year=1990..", Range("year", gte=1990)),
        ("year=..2000", Range("year", lte=2000)),
        ("language=..", AnyOf("language", ("..",))),
        ('{"genres": "Mystery, horror"}', AnyOf("genres", ("Mystery, horror",))),
    ],
)
def test_an_expression_is_one_condition(text, condition):
    assert parse_expression(text) == Filter((condition,))


def test_expressions_must_all_hold():
    both = parse_expressions(["genres=Drama", "year>=1990"])
    assert both == Filter((AnyOf("genres", ("Drama",)), Range("year", gte=1990)))
    assert both == parse_expression("genres=Drama") & parse_expression("year>=1990")


@pytest.mark.parametrize(
    "text", ["", "genres", "=Drama", "genres=", "genres=a,,b", "genres=all:", "year>=", "year>=old"]
)
def test_an_expression_that_says_nothing_is_an_error_that_tells_how(text):
    with pytest.raises(FilterError) as caught:
        parse_expression(text)
    assert caught.value.allowed


@pytest.mark.parametrize(
    ("document", "conditions"),
    [
        ({}, ()),
        ({"language": "en"}, (AnyOf("language", ("en",)),)),
        ({"language": ["en", "a, b"]}, (AnyOf("language", ("en", "a, b")),)),
        ({"restored": True, "year": 1990}, (AnyOf("restored", (True,)), AnyOf("year", (1990,)))),
        (
            {"genres": {"any": ["Drama"], "all": "War", "none": ["Horror"]}},
            (AnyOf("genres", ("Drama",)), AllOf("genres", ("War",)), NoneOf("genres", ("Horror",))),
        ),
        ({"year": {"gte": 1990, "lt": 2000}}, (Range("year", gte=1990, lt=2000),)),
        (
            {"year": {"gt": 1990, "lte": None, "none": [1999]}},
            (NoneOf("year", (1999,)), Range("year", gt=1990)),
        ),
    ],
)
def test_json_holds_conditions_by_field(document, conditions):
    assert parse_json(document) == Filter(conditions)


@pytest.mark.parametrize(
    "document",
    [
        None,
        ["genres"],
        "genres",
        {"genres": None},
        {"genres": {}},
        {"genres": {"some": ["Drama"]}},
        {"genres": [["Drama"]]},
        {"genres": {"any": {"x": 1}}},
        {"year": {"gte": [1990]}},
        {"year": {"gte": True}},
        {"year": {"gte": "old"}},
    ],
)
def test_json_of_another_shape_is_an_error_that_tells_how(document):
    with pytest.raises(FilterError) as caught:
        parse_json(document)
    assert caught.value.allowed


@pytest.mark.parametrize("text", ["{", '{"genres": }', '{"a":' * 100_000])
def test_text_that_is_no_json_is_an_error(text):
    with pytest.raises(FilterError, match="valid JSON"):
        parse_expression(text)


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("year=1990,1991.5", AnyOf("year", (1990.0, 1991.5))),
        ("restored=true", AnyOf("restored", (True,))),
        ("restored!=false", NoneOf("restored", (False,))),
        ("available=true", AnyOf("available", (True,))),
        ("language=1990", AnyOf("language", ("1990",))),
        ("created_at>=1700000000", Range("created_at", gte=1_700_000_000)),
        ("item_id!=1", NoneOf("item_id", ("1",))),
    ],
)
def test_checked_values_have_the_type_of_their_field(text, condition):
    (checked,) = check(parse_expression(text), SCHEMA).conditions
    assert checked == condition
    assert [type(value) for value in getattr(checked, "values", ())] == [
        type(value) for value in getattr(condition, "values", ())
    ]


def test_an_unknown_field_is_an_error_that_lists_the_known_ones():
    with pytest.raises(FilterError) as caught:
        check(parse_expression("gernes=Drama"), SCHEMA)
    assert caught.value.field == "gernes"
    own = "available, available_from, available_until, created_at"
    assert caught.value.allowed == f"one of the fields {own}, genres, item_id, language, restored, year"


@pytest.mark.parametrize("field", ["overview", "poster", "title"])
def test_text_and_vectors_are_no_fields_to_filter_by(field):
    with pytest.raises(FilterError, match="one of the fields"):
        check(parse_expression(f"{field}=x"), SCHEMA)


@pytest.mark.parametrize(
    ("filter", "problem"),
    [
        (Filter((AnyOf("year", ("old",)),)), "'old' is not possible; allowed: a finite number"),
        (Filter((AnyOf("year", (True,)),)), "True is not possible; allowed: a finite number"),
        (Filter((AnyOf("year", (float("nan"),)),)), "nan is not possible"),
        (Filter((AnyOf("year", (10**400,)),)), "allowed: a finite number"),
        (Filter((Range("year", gte=float("inf")),)), "inf is not possible"),
        (Filter((Range("year"),)), "at least one of gte"),
        (Filter((AnyOf("restored", ("yes",)),)), "'yes' is not possible; allowed: true or false"),
        (Filter((AnyOf("restored", (1,)),)), "1 is not possible; allowed: true or false"),
        (Filter((AnyOf("language", (7,)),)), "7 is not possible; allowed: text"),
        (Filter((Range("language", gte=1),)), "not a range: the field is a keyword"),
        (Filter((Range("restored", gte=1),)), "not a range: the field is a bool"),
        (Filter((AnyOf("language", ()),)), "at least one value"),
        (Filter((AnyOf("language", ("x",) * (MAX_VALUES + 1)),)), "at most 100 values"),
        (Filter((AnyOf("language", ("x",)),) * (MAX_CONDITIONS + 1)), "at most 20 conditions"),
    ],
)
def test_what_does_not_fit_the_field_is_an_error_with_value_and_what_is_allowed(filter, problem):
    with pytest.raises(FilterError, match=problem):
        check(filter, SCHEMA)


def test_filters_up_to_the_limits_pass():
    largest = Filter((AnyOf("language", tuple(map(str, range(MAX_VALUES)))),) * MAX_CONDITIONS)
    assert check(largest, SCHEMA) == largest
