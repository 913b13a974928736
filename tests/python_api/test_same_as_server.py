"""A model in memory and a server with the same bundle answer alike."""

import pandas as pd
import pytest

import pharos
from tests.serving.world import toy, war

USERS = ["w3", "t5", "w0", "quiet", "nobody knows me"]
HISTORY = [{"item_id": war(1), "rating": 5.0}, {"item_id": toy(2), "rating": 1.0}, {"item_id": war(4)}]


def agree(mine: pd.DataFrame, theirs: pd.DataFrame) -> None:
    """The same items in the same order, with the same scores and sources."""
    assert len(mine)
    pd.testing.assert_frame_equal(mine, theirs, check_dtype=False, atol=2e-4, rtol=1e-3)


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("filter", [None, "year>=1990", ["genres=Drama", "language!=fr"]], ids=str)
def test_a_user_gets_the_same_list(model: pharos.Recommender, client: pharos.Client, user: str, filter: object):
    agree(model.recommend(user, k=12, filter=filter), client.recommend(user, k=12, filter=filter))


@pytest.mark.parametrize("filter", [None, {"year": {"gte": 1985, "lt": 1995}}], ids=str)
def test_a_history_gets_the_same_list(model: pharos.Recommender, client: pharos.Client, filter: object):
    asked = {"history": HISTORY, "k": 15, "filter": filter, "exclude": [war(7)], "user_features": {"age": 30}}
    agree(model.recommend(**asked), client.recommend(**asked))


def test_a_list_confined_to_some_items_is_the_same(model: pharos.Recommender, client: pharos.Client):
    asked = {"history": HISTORY, "only": [toy(1), war(9), "lone", war(1)]}
    agree(model.recommend(**asked), client.recommend(**asked))


def test_diversity_changes_both_lists_alike(model: pharos.Recommender, client: pharos.Client):
    mine = model.recommend("w3", k=8, diversity=0.5)
    assert mine["item_id"].tolist() != model.recommend("w3", k=8)["item_id"].tolist()
    agree(mine, client.recommend("w3", k=8, diversity=0.5))


@pytest.mark.parametrize("item", [war(3), toy(8), "lone"])
def test_similar_items_are_the_same(model: pharos.Recommender, client: pharos.Client, item: str):
    mine, theirs = (who.similar(item, k=8, filter="year<=1995") for who in (model, client))
    # Films of a half are described alike: items of the same score may change places.
    assert mine["score"].tolist() == pytest.approx(theirs["score"].tolist(), abs=2e-3)
    assert set(mine["source"]) == {"similar"}


@pytest.mark.parametrize("method", ["tower", "text", "neighbours", "tfidf", "soup"])
def test_items_alike_by_one_method_are_the_same(model: pharos.Recommender, client: pharos.Client, method: str):
    mine, theirs = (who.similar(war(3), method=method, k=8, filter="year<=1995") for who in (model, client))
    assert len(mine)
    assert mine["score"].tolist() == pytest.approx(theirs["score"].tolist(), abs=2e-3)


@pytest.mark.parametrize("text", ["Battle of the Hills 7", "toys that come to life", "hills", "lone tree"])
def test_a_search_finds_the_same(model: pharos.Recommender, client: pharos.Client, text: str):
    mine, theirs = (who.search(text, k=6) for who in (model, client))
    assert mine["score"].tolist() == pytest.approx(theirs["score"].tolist(), abs=2e-3)
    assert mine["source"].tolist() == theirs["source"].tolist()
    assert mine["item_id"][0] == theirs["item_id"][0]


@pytest.mark.parametrize("user", ["w3", "t5"])
def test_items_have_the_same_scores(model: pharos.Recommender, client: pharos.Client, user: str):
    items = [toy(1), war(3), "lone", war(1)]
    mine = model.score(user, items).drop(columns="title")
    pd.testing.assert_frame_equal(mine, client.score(user, items), check_dtype=False, atol=2e-2, rtol=1e-3)


@pytest.mark.parametrize(("user", "item"), [("w3", war(3)), ("t5", toy(5))])
def test_the_same_past_items_explain_an_item(model: pharos.Recommender, client: pharos.Client, user: str, item: str):
    mine, theirs = model.explain(user, item), client.explain(user, item)
    assert mine.attrs["source"] == theirs.attrs["source"]
    assert mine["share"].tolist() == pytest.approx(theirs["share"].tolist(), abs=2e-3)
    assert mine["shared"].tolist() == theirs["shared"].tolist()
