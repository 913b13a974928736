"""Events at the same time: what is counted, and what happens when they change places."""

import json
from dataclasses import replace

import pandas as pd
import pytest

from pharos.classics.item_knn import ItemKNN
from pharos.classics.popularity import Popularity
from pharos.classics.sequential_neighbours import SequentialNeighbours
from pharos.evaluation.folds import Protocol, folds
from pharos.evaluation.headings import describe_ties
from pharos.evaluation.page import page
from pharos.evaluation.peer_contender import PeerContender
from pharos.evaluation.report import report
from pharos.evaluation.run import Evaluation, evaluate
from pharos.evaluation.ties import shuffled, tied_events, ties
from pharos.ingest.dataset import Dataset
from pharos.towers.progress import Silent
from tests.evaluation.worlds import two_camps, without_times


def all_at_once() -> Dataset:
    """Every user's last three of fifteen events have one time."""
    dataset = two_camps()
    events = dataset.interactions
    late = events.groupby("user_id").cumcount() >= 12
    return replace(dataset, interactions=events.assign(timestamp=events["timestamp"].where(~late, 2_000_000)))


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    peers = [PeerContender(peer) for peer in (Popularity, ItemKNN, SequentialNeighbours)]
    return evaluate(all_at_once(), Protocol.LEAVE_ONE_OUT, [], peers, budget=1, progress=Silent())


def test_events_are_tied_with_others_of_the_same_user_alone() -> None:
    rows = [("u", "a", 1), ("u", "b", 1), ("u", "c", 2), ("v", "a", 2), ("v", "b", 3)]
    assert tied_events(pd.DataFrame(rows, columns=["user_id", "item_id", "timestamp"])) == 2


def test_shuffling_changes_places_within_one_time_and_no_others() -> None:
    told, other = (folds(data, Protocol.LEAVE_ONE_OUT) for data in (all_at_once(), shuffled(all_at_once(), 1)))
    earlier = [fold.fitted.interactions.groupby("user_id").head(12) for fold in (told.final, other.final)]
    assert earlier[0].equals(earlier[1])
    assert not told.final.held_out["item_id"].equals(other.final.held_out["item_id"])


def test_of_three_events_at_the_same_time_another_is_the_last_in_two_of_three_shuffles(evaluation: Evaluation) -> None:
    assert evaluation.ties is not None
    assert evaluation.ties.events == 20 * 3
    assert evaluation.ties.share == pytest.approx(3 / 15)
    assert evaluation.ties.moved == pytest.approx(2 / 3, abs=0.2)


def test_the_report_has_the_figures_of_the_quick_methods_as_told_and_for_each_shuffle(evaluation: Evaluation) -> None:
    figures = json.loads(json.dumps(report(evaluation), default=float))
    moves = figures["ties"]["figures"]
    assert set(moves) == {"Popularity", "Sequential neighbours"}
    told = {method["name"]: method["metrics"]["ndcg@10"] for method in figures["methods"]}
    assert moves["Popularity"]["ndcg@10"]["told"] == told["Popularity"]
    assert len(set(moves["Sequential neighbours"]["ndcg@10"]["shuffled"])) > 1


def test_people_are_told_in_a_line(evaluation: Evaluation) -> None:
    figures = report(evaluation)
    line = describe_ties(figures["ties"])
    assert line.startswith("20.0% of the events have the same time as another of their user; with these shuffled, ")
    assert "Sequential neighbours: ndcg@10 " in line
    assert line in page(figures)


def test_by_one_moment_the_held_out_events_stay_the_same_however_ties_are_shuffled() -> None:
    counted = ties(all_at_once(), Protocol.GLOBAL, None, [], progress=Silent())
    assert counted is not None
    assert counted.moved == 0


def test_without_equal_times_nothing_is_fitted_again() -> None:
    counted = ties(two_camps(), Protocol.CHRONOLOGICAL, None, [], progress=Silent())
    assert counted is not None
    assert (counted.events, counted.shuffled) == (0, None)


@pytest.mark.parametrize("protocol", [Protocol.COLD, Protocol.RATING])
def test_protocols_that_ask_for_no_order_have_no_ties(protocol: Protocol) -> None:
    assert ties(all_at_once(), protocol, None, [], progress=Silent()) is None


def test_events_without_times_have_no_ties() -> None:
    assert ties(without_times(two_camps()), Protocol.CHRONOLOGICAL, None, [], progress=Silent()) is None
