import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharos.ingest.dataset import Dataset
from pharos.ingest.schema import Schema
from pharos.serving.store import Store
from pharos.serving.store.titles import title_words

TITLES = {
    "m1": "Matrix, The (1999)",
    "m2": "Matrix Reloaded, The (2003)",
    "t1": "Toy Story (1995)",
    "t2": "Toys (1992)",
    "s1": "Star Wars: Episode IV - A New Hope (1977)",
    "s2": "Star Wars: Episode I - The Phantom Menace (1999)",
    "a1": "Amélie (Fabuleux destin d'Amélie Poulain, Le) (2001)",
    "p1": "100% Wolf_Pack (2020)",
    "j1": "千と千尋の神隠し",
}


@pytest.fixture
def films(empty_store: Store) -> Store:
    events = pd.DataFrame({"user_id": ["u1", "u2", "u1"], "item_id": ["s1", "s1", "s2"]})
    items = pd.DataFrame({"item_id": list(TITLES), "title": list(TITLES.values())})
    empty_store.import_dataset(Dataset("films", events, items, pd.DataFrame({"user_id": ["u1", "u2"]}), Schema()))
    return empty_store


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the matrix", ["m1", "m2"]),
        ("MATRIX", ["m1", "m2"]),
        ("Matrix, The (1999)", ["m1", "m2"]),
        ("matrix rel", ["m2"]),
        ("toy", ["t1", "t2"]),
        ("toys", ["t2"]),
        ("star wars", ["s1", "s2"]),
        ("phantom menace", ["s2"]),
        ("amelie", ["a1"]),
        ("wolf pack", ["p1"]),
        ("100%", ["p1"]),
        ("千と千尋", ["j1"]),
        ("toys that come to life", []),
        ("%", []),
        ("_", []),
        ("", []),
    ],
)
def test_a_title_is_found_as_people_type_it(films: Store, text: str, found: list[str]) -> None:
    assert [match.item_id for match in films.find_titles(text, 10)] == found


def test_an_exact_title_says_so(films: Store) -> None:
    matches = films.find_titles("the matrix", 10)
    assert [(match.exact, match.leads) for match in matches] == [(True, True), (False, True)]


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Matrix, The (1999)", ["matrix"]),
        ("The The", ["the"]),
        ("The", ["the"]),
        ("A.I. Artificial Intelligence", ["i", "artificial", "intelligence"]),
        ("Crème Brûlée", ["creme", "brulee"]),
    ],
)
def test_the_words_of_a_title(title: str, words: list[str]) -> None:
    assert title_words(title) == words


@given(st.text(max_size=600))
def test_no_text_makes_sql_that_fails(text: str) -> None:
    from sqlalchemy import create_engine

    from pharos.indexing.filters import Filter
    from pharos.serving.store import titles
    from pharos.serving.store.tables import metadata

    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        metadata.create_all(connection)
        assert titles.find(connection, text, 5, Filter()) == []
