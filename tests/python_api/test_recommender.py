"""What a model in memory answers, and how it says no."""

import numpy as np
import pytest

import pharos
from pharos.indexing.filters import FilterError
from pharos.ingest.records import FeatureError
from pharos.towers.errors import TrainingError
from tests.serving.world import HALF, toy, war


def test_many_users_get_the_lists_that_each_would_get_alone(model: pharos.Recommender):
    together = model.recommend(["w3", "quiet", "t5"], k=5)
    assert list(together.columns) == ["user_id", "rank", "item_id", "title", "score", "source"]
    for user in ("w3", "quiet", "t5"):
        alone = model.recommend(user, k=5)
        own = together[together["user_id"] == user].reset_index(drop=True)
        assert own["item_id"].tolist() == alone["item_id"].tolist()
        assert own["rank"].tolist() == [1, 2, 3, 4, 5]


def test_a_user_gets_first_the_one_film_of_their_half_that_they_lack(model: pharos.Recommender):
    assert model.recommend(["w3", "t5"], k=1)["item_id"].tolist() == [war(3), toy(5)]


def test_no_users_get_an_empty_table_with_the_same_columns(model: pharos.Recommender):
    assert list(model.recommend([]).columns) == list(model.recommend("w3").columns)


def test_a_history_is_a_list_of_ids_and_gets_more_of_the_same(model: pharos.Recommender):
    answer = model.recommend(history=[war(1), war(2)], k=5)
    assert answer["item_id"].str.startswith("war-").all()
    assert answer["user_id"].isna().all()


def test_events_with_times_are_read_in_the_order_of_the_times(model: pharos.Recommender):
    events = [{"item_id": war(number), "timestamp": 1000 - number} for number in range(4)]
    forth, back = (model.user_vectors(history=order) for order in (events, events[::-1]))
    np.testing.assert_array_equal(forth, back)


def test_unknown_items_of_a_history_are_left_out_and_named(model: pharos.Recommender):
    with pytest.warns(UserWarning, match="no such items, left out: 'nothing'"):
        answer = model.recommend(history=[war(1), "nothing"])
    assert len(answer) == 10


def test_the_score_of_towers_is_the_product_of_their_vectors(model: pharos.Recommender):
    users, items = model.user_vectors(["w3"]), model.item_vectors()
    assert users.shape == (1, 16) and items.shape == (2 * HALF + 1, 16)
    assert np.linalg.norm(items.to_numpy(), axis=1) == pytest.approx(1, abs=1e-5)
    cosines = (users.to_numpy() @ items.to_numpy().T)[0]
    assert items.index[int(np.argmax(cosines))].startswith("war-")


def test_vectors_of_all_users_have_a_row_for_each(model: pharos.Recommender):
    assert model.user_vectors().index.tolist() == model.data.users["user_id"].tolist()


def test_items_have_scores_whether_or_not_they_were_seen(model: pharos.Recommender):
    scores = model.score("w3", [war(3), toy(1), war(1)]).set_index("item_id")["score"]
    assert scores[war(3)] > scores[toy(1)]


def test_an_item_has_the_score_that_it_has_in_a_list(model: pharos.Recommender):
    listed = model.recommend("w3", k=5)
    scored = model.score("w3", listed["item_id"])
    assert scored["score"].tolist() == pytest.approx(listed["score"].tolist(), abs=1e-4)


def test_a_text_finds_what_it_describes(model: pharos.Recommender):
    assert model.search("soldiers in the trenches", k=4)["item_id"].str.startswith("war-").all()


def test_a_title_comes_first(model: pharos.Recommender):
    first = model.search("the lone tree", k=3).iloc[0]
    assert (first["item_id"], first["source"], first["score"]) == ("lone", "title", 1.0)


@pytest.mark.parametrize(
    ("ask", "error", "told"),
    [
        (lambda m: m.recommend(), pharos.RequestError, "either users of the data, or a history"),
        (lambda m: m.recommend("w1", history=[war(1)]), pharos.RequestError, "either users"),
        (lambda m: m.recommend("w1", k=0), pharos.RequestError, "k: 0; allowed are 1 to 10,000"),
        (lambda m: m.recommend("w1", diversity=2), pharos.RequestError, "allowed is a number from 0 to 1"),
        (
            lambda m: m.recommend("w1", filter="yaer>1"),
            FilterError,
            "one of the fields available, available_from, available_until",
        ),
        (lambda m: m.recommend("w1", filter="created_at>1"), FilterError, "only a server knows"),
        (lambda m: m.recommend("w1", steps=["none"]), pharos.RequestError, "no step 'none'; registered are"),
        (lambda m: m.recommend([None]), pharos.RequestError, "users: None; allowed are ids as text"),
        (lambda m: m.recommend(history=war(1)), pharos.RequestError, "must be a list of item ids"),
        (lambda m: m.recommend(history=[{"item": "1"}]), pharos.RequestError, r"history\[0\]: .*item_id, rating"),
        (lambda m: m.recommend(history=[war(1)] * 501), pharos.RequestError, "at most 500"),
        (lambda m: m.recommend(history=[], user_features={"hat": 1}), FeatureError, "known features \\(age\\)"),
        (lambda m: m.recommend("w1", user_features={"age": 1}), pharos.RequestError, "allowed with a history"),
        (lambda m: m.similar(war(1), method="magic"), pharos.RequestError, "allowed are blend, tower, text"),
        (lambda m: m.similar("x"), pharos.RequestError, "there is no item 'x' among the 41 items"),
        (lambda m: m.score("w1", ["x"]), pharos.RequestError, "items: no such item 'x'"),
        (lambda m: m.score("w1"), pharos.RequestError, "items: none given"),
        (lambda m: m.search("  "), pharos.RequestError, "a text that is not empty"),
        (lambda m: m.evaluate("tomorrow"), pharos.RequestError, "allowed are chronological, cold, rating"),
        (lambda m: pharos.fit(m.data, dimension=8), TrainingError, "setting 'dimension': there is dimensions, item"),
        (lambda m: pharos.fit(m.data, dimensions=1), TrainingError, "greater than or equal to 4"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_is_allowed(model: pharos.Recommender, ask, error, told: str):
    with pytest.raises(error, match=told):
        ask(model)
