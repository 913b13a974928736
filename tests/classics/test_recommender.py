"""Methods on a data set, asked by ids, from Python and from the command line."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from pharos.classics import BPR, EASE, Biases, ItemKNN
from pharos.classics.errors import CannotAnswer, ClassicsError, UnknownMethod
from pharos.classics.recommender import Recommender
from pharos.classics.registry import RANKING, RATING, find, slug
from pharos.classics.settings import configured
from pharos.cli.main import app
from pharos.ingest.export import export_dataset
from tests.evaluation.worlds import two_camps


@pytest.fixture(scope="module")
def neighbours() -> Recommender:
    return ItemKNN().learn(two_camps())


def test_a_user_gets_unseen_items_of_their_camp_with_reasons(neighbours: Recommender) -> None:
    found = neighbours.recommend(user="user-3", k=3)
    had = set(neighbours.dataset.interactions.query("user_id == 'user-3'")["item_id"])
    assert [item.rank for item in found] == [1, 2, 3]
    assert all(int(item.item_id.removeprefix("item-")) % 2 == 1 and item.item_id not in had for item in found)
    assert {reason.item_id for item in found for reason in item.because} <= had
    assert found[0].title == found[0].item_id.replace("-", " ")


def test_a_stranger_with_the_history_of_a_user_gets_the_users_list() -> None:
    ease = EASE().learn(two_camps())
    history = ease.dataset.interactions.query("user_id == 'user-3'")["item_id"].tolist()
    as_user, as_stranger = ease.recommend(user="user-3"), ease.recommend(history=history)
    assert [item.item_id for item in as_user] == [item.item_id for item in as_stranger]


def test_more_than_exist_gives_all_that_are_unseen(neighbours: Recommender) -> None:
    assert len(neighbours.recommend(user="user-3", k=1000)) == 40 - 15


def test_only_what_is_allowed_is_listed(neighbours: Recommender) -> None:
    found = neighbours.recommend(history=["item-1"], allowed=np.arange(40) < 6)
    assert {item.item_id for item in found} == {"item-0", "item-2", "item-3", "item-4", "item-5"}


def test_an_empty_history_is_told_what_is_popular(neighbours: Recommender) -> None:
    counts = neighbours.dataset.interactions["item_id"].value_counts()
    assert counts[neighbours.recommend(history=[], k=1)[0].item_id] == counts.max()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"user": "nobody"}, "no user 'nobody'; for an unknown person give a history"),
        ({"history": ["item-1", "x", "y"]}, "no items 'x', 'y'"),
        ({"user": "user-1", "k": 0}, "k is 0"),
        ({}, "either a user or a history"),
        ({"history": ["item-1"] * 10_001}, "at most 10,000"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_reason(
    neighbours: Recommender, asked: dict[str, object], message: str
) -> None:
    with pytest.raises(CannotAnswer, match=message):
        neighbours.recommend(**asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("method", [BPR(), Biases()])
def test_a_method_that_knows_its_users_alone_takes_no_history(method: BPR | Biases) -> None:
    learnt = method.learn(two_camps())
    assert len(learnt.recommend(user="user-1", k=3)) == 3
    with pytest.raises(CannotAnswer, match=f"{method.name} supports only the users of its training data"):
        learnt.recommend(history=["item-1"])


def test_a_rating_method_refuses_data_without_ratings() -> None:
    with pytest.raises(ClassicsError, match="predicts ratings needs them, and two-camps has none"):
        Biases().learn(two_camps(ratings=False))


def test_every_method_is_found_by_the_name_that_is_listed() -> None:
    for method in (*RANKING, *RATING):
        assert find(slug(method.name)) is method
    with pytest.raises(UnknownMethod, match="no method 'magic'; there are random, popularity"):
        find("magic")


def test_settings_are_read_from_text_and_refused_by_name() -> None:
    assert configured(ItemKNN, ["neighbours=7", "weighting=bm25"]).neighbours == 7
    with pytest.raises(CannotAnswer, match="no setting of ItemKNN; it has neighbours, shrink, weighting"):
        configured(ItemKNN, ["k=3"])
    with pytest.raises(CannotAnswer, match="ItemKNN: neighbours=many: Input should be a valid integer"):
        configured(ItemKNN, ["neighbours=many"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("data") / "camps"
    export_dataset(two_camps(), target)
    return target


def answer(*arguments: str) -> dict:
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_command_fits_and_recommends_in_one_go(folder: Path) -> None:
    told = answer("classic", "ease", str(folder), "--user", "user-3", "-k", "2", "--set", "l2=50")
    assert told["settings"] == {"l2": 50.0}
    assert [item["rank"] for item in told["items"]] == [1, 2]


def test_the_command_lists_what_each_method_can_do() -> None:
    result = CliRunner().invoke(app, ["classic", "--list", "--json"])
    rows = {row["name"]: row for row in json.loads(result.stdout)}
    assert len(rows) == len(RANKING) + len(RATING)
    assert rows["ease"]["explanations"] and not rows["bpr"]["unknown users"] and rows["content-ridge"]["new items"]


def test_the_chart_of_a_data_set_heeds_filters(folder: Path) -> None:
    told = answer("popular", str(folder), "--tag", "camp=odd", "--m", "1")
    assert told["items"]
    assert all(int(item["item_id"].removeprefix("item-")) % 2 for item in told["items"])
    assert told["items"][0]["mean_vote"] == 4.0


def test_the_chart_tells_what_rises(folder: Path) -> None:
    told = answer("popular", str(folder), "--since", "1h", "--rising", "-k", "3")
    assert all(item["events"] > item["before"] for item in told["items"])


def test_options_of_a_data_set_need_one() -> None:
    for arguments in (["popular", "--rising"], ["similar", "item-1", "--measure", "dot"], ["popular", "--m", "3"]):
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 2


def test_alike_items_of_a_data_set_share_their_camp(folder: Path) -> None:
    told = answer("similar", "item-1", "--data", str(folder), "--method", "neighbours", "-k", "4")
    assert all(int(item["item_id"].removeprefix("item-")) % 2 for item in told["items"])
    table = answer("similar", "item-1", "--data", str(folder), "--method", "soup", "--against", "item-3,item-2")
    assert table["scores"][0] == pytest.approx([1, 1, 0])
