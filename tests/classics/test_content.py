"""Items as bags of words and soups, and how alike they are."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from pharos.classics.attribute_profile import AttributeProfile
from pharos.classics.bag_of_words import Counting, bags, words
from pharos.classics.data import Document, RankingData
from pharos.classics.errors import CannotAnswer
from pharos.classics.similar_items import ItemVectors, Likeness
from pharos.classics.similarity import Measure, similarities
from pharos.classics.soup import joined, soups
from pharos.ingest.dataset import Dataset
from pharos.ingest.schema import Feature, FeatureType, Schema

FILMS = [
    ("knight", "The Knight Returns", "The caped knight of Gotham is back", ("Ann Lee",), "Bo Ray"),
    ("knight2", "The Knight Again", "Gotham calls its caped knight once more", ("Ann Lee", "Tom Fox"), "Bo Ray"),
    ("toys", "Toys", "The toys of a boy come to life in the city", ("Tom Hanks", "Tim Allen"), "Jo La"),
    ("toys2", "Toys", "A boy loses the toys that come to life", ("Tom Hanks",), "Jo La"),
]


def films() -> Dataset:
    items = pd.DataFrame(FILMS, columns=["item_id", "title", "overview", "cast", "director"])
    features = (
        Feature("overview", FeatureType.TEXT),
        Feature("cast", FeatureType.TAGS),
        Feature("director", FeatureType.CATEGORY),
    )
    nobody = pd.DataFrame({"user_id": pd.Series(dtype="str"), "item_id": pd.Series(dtype="str")})
    return Dataset("films", nobody, items, pd.DataFrame({"user_id": []}), Schema(features, has_title=True))


@pytest.mark.parametrize(
    ("counting", "expected"),
    [
        (Counting.BINARY, [[1, 1], [0, 1]]),
        (Counting.COUNT, [[2, 1], [0, 3]]),
        (Counting.FREQUENCY, [[2 / 3, 1 / 3], [0, 1]]),
        (Counting.TFIDF, [[2 / 3 * np.log(2), 0], [0, 0]]),
    ],
)
def test_words_are_counted_as_the_definition_says(counting: Counting, expected: list[list[float]]) -> None:
    made = bags([["a", "b", "a"], ["b", "b", "b"]], counting)
    assert made.terms == ("a", "b")
    np.testing.assert_allclose(made.matrix.toarray(), expected)


def test_a_text_without_words_is_a_row_of_zeros() -> None:
    assert bags([[], []], Counting.TFIDF).matrix.toarray().tolist() == [[0], [0]]


def test_words_are_small_and_longer_than_a_letter() -> None:
    assert words("A Dark, dark KNIGHT!") == ["dark", "dark", "knight"]


def test_by_tfidf_the_sequel_is_the_most_alike() -> None:
    vectors = ItemVectors.of(films(), Likeness.TFIDF)
    nearest = {name: vectors.similar(vectors.row(name), 1, Measure.COSINE)[0].tolist() for name in ("knight", "toys")}
    assert nearest == {"knight": [1], "toys": [3]}


def test_the_soup_holds_each_name_as_one_word() -> None:
    assert soups(films())[2] == ["tomhanks", "timallen", "jola"]
    assert joined("Robert Downey Jr.") == "robertdowneyjr"


def test_two_people_of_one_first_name_have_nothing_in_common_in_a_soup() -> None:
    vectors = ItemVectors.of(films(), Likeness.SOUP, ["cast"])
    assert vectors.table([1, 2], Measure.DOT).iloc[0, 1] == 0


def test_the_table_has_the_score_of_every_pair_by_title() -> None:
    table = ItemVectors.of(films(), Likeness.SOUP).table([0, 1, 3], Measure.COSINE)
    assert table.columns.tolist() == ["The Knight Returns", "The Knight Again", "Toys"]
    np.testing.assert_allclose(np.diag(table), 1.0)
    assert table.iloc[0, 1] == pytest.approx(2 / np.sqrt(6))


def test_an_item_goes_by_its_title_too_where_that_is_its_alone() -> None:
    vectors = ItemVectors.of(films(), Likeness.SOUP)
    assert vectors.row("The Knight Again") == 1
    with pytest.raises(CannotAnswer, match="2 items of films have the title 'Toys'; name one by its id: toys, toys2"):
        vectors.row("Toys")
    with pytest.raises(CannotAnswer, match="no item with the id or the title 'x'"):
        vectors.row("x")


def test_more_alike_items_than_exist_gives_all_others() -> None:
    assert len(ItemVectors.of(films(), Likeness.COUNT).similar(0, 100, Measure.DOT)[0]) == 3


@pytest.mark.parametrize(
    ("likeness", "features", "message"),
    [
        (Likeness.TFIDF, ["plot"], "no text 'plot'; its texts are: overview"),
        (Likeness.SOUP, ["genres"], "no labels 'genres'; its categories and tags are: cast, director"),
        (Likeness.NEIGHBOURS, [], "no interactions"),
        (Likeness.TEXT, [], "no text model"),
    ],
)
def test_what_the_data_lack_is_said(likeness: Likeness, features: list[str], message: str) -> None:
    with pytest.raises(CannotAnswer, match=message):
        ItemVectors.of(films(), likeness, features)


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        (Measure.DOT, [3, 30, 0]),
        (Measure.COSINE, [0.6, 0.6, 0]),
        (Measure.EUCLIDEAN, [-np.sqrt(4 + 16), -np.sqrt(49 + 16), -5]),
    ],
)
def test_measures_are_those_of_the_definition(measure: Measure, expected: list[float]) -> None:
    query, items = csr_matrix([[3.0, 4.0]]), csr_matrix([[1.0, 0.0], [10.0, 0.0], [0.0, 0.0]])
    np.testing.assert_allclose(similarities(query, items, measure)[0], expected)


def test_the_dot_product_favours_the_long_vector_and_the_cosine_does_not() -> None:
    query, items = csr_matrix([[1.0, 0.0]]), csr_matrix([[1.0, 0.0], [5.0, 5.0]])
    assert similarities(query, items, Measure.DOT)[0].argmax() == 1
    assert similarities(query, items, Measure.COSINE)[0].argmax() == 0


@pytest.mark.parametrize(("measure", "expected"), [(Measure.DOT, [1, 2, 1]), (Measure.COSINE, [0.707107, 1, 0.5])])
def test_an_attribute_profile_has_each_attribute_once(measure: Measure, expected: list[float]) -> None:
    documents = [Document("", labels) for labels in (("war",), ("war", "love"), ("war", "art"))]
    data = RankingData(csr_matrix(np.array([[1, 1, 0]], np.float32)), documents)
    scores = AttributeProfile(measure).fit(data).score(np.array([0]))[0]
    np.testing.assert_allclose(scores, expected, rtol=1e-5)
