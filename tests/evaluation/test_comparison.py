"""An evaluation from end to end: what it writes is what it says, and the same for everybody."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from evaluation.comparison import compare
from evaluation.folds import Protocol, folds
from evaluation.judging import judge_lists
from evaluation.peer_contender import PeerContender, RatingPeerContender
from evaluation.peers import RATING_PEERS
from evaluation.peers.popularity import Popularity
from evaluation.peers.text_neighbours import TextNeighbours
from evaluation.report import report
from evaluation.run import evaluate
from ingest.errors import DataError
from tests.evaluation.worlds import two_camps
from towers.progress import Silent
from towers.settings import TrainingSettings

QUICK = TrainingSettings(dimensions=16, item_hidden=16, user_hidden=32, history_length=20, max_epochs=4, text_model="")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chronological")
    compare(
        two_camps(), Protocol.CHRONOLOGICAL, QUICK,
        out=folder, with_peers=True, budget=5, text_cache=folder / "texts", progress=Silent(),
    )  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def figures(out: Path) -> dict[str, Any]:
    return json.loads((out / "report.json").read_text())


def test_the_lists_are_written_with_ranks_from_one(out: Path) -> None:
    lists = pd.read_parquet(out / "retrieval.parquet")
    assert list(lists.columns) == ["user_id", "item_id", "rank", "score"]
    assert (lists.groupby("user_id")["rank"].min() == 1).all()
    assert not lists.duplicated(["user_id", "item_id"]).any()


def test_the_written_lists_give_the_reported_figures(out: Path, figures: dict[str, Any]) -> None:
    fold = folds(two_camps(), Protocol.CHRONOLOGICAL).final
    again = judge_lists(fold, pd.read_parquet(out / "retrieval.parquet")).as_dict()
    assert figures["methods"][0]["name"] == "two-tower"
    assert figures["methods"][0]["metrics"] == pytest.approx(again)


def test_no_list_holds_what_its_user_is_known_to_have(out: Path) -> None:
    known = folds(two_camps(), Protocol.CHRONOLOGICAL).final.known.interactions
    lists = pd.read_parquet(out / "retrieval.parquet")
    assert lists.merge(known, on=["user_id", "item_id"]).empty


def test_every_method_is_compared_under_its_name(figures: dict[str, Any]) -> None:
    names = {method["name"] for method in figures["methods"]}
    assert {"two-tower", "Random", "Popularity", "ItemKNN", "EASE", "iALS", "BPR"} == names
    compared = figures["comparison"]["two-tower"]["ndcg@10"]
    assert compared["best_peer"] in names - {"two-tower"}
    assert compared["ratio"] == pytest.approx(compared["ours"] / compared["peer"])
    assert compared["interval"][0] <= compared["difference"] <= compared["interval"][1]


def test_the_best_peer_is_the_best_of_the_peers(figures: dict[str, Any]) -> None:
    peers = [method["metrics"]["ndcg@10"] for method in figures["methods"] if not method["ours"]]
    assert figures["comparison"]["two-tower"]["ndcg@10"]["peer"] == max(peers)


def test_every_held_out_event_falls_into_one_tenth_of_popularity(figures: dict[str, Any]) -> None:
    for method in figures["methods"]:
        counted = sum(part["count"] for part in method["recall@100_by_popularity"])
        assert counted == figures["dataset"]["held_out_events"]


def test_the_history_alone_is_judged_beside_the_usual_way(figures: dict[str, Any]) -> None:
    variant = figures["variants"]["history only"]
    assert variant["loss"] == pytest.approx(1 - variant["ndcg@10"] / figures["methods"][0]["metrics"]["ndcg@10"])


def test_the_page_has_pictures_and_loads_nothing(out: Path) -> None:
    page = (out / "report.html").read_text()
    assert page.count("<svg") == 6
    assert "<script" not in page
    assert "src=" not in page
    assert "<link" not in page


def test_the_cold_protocol_reports_the_share_of_cold_items_in_lists(tmp_path: Path) -> None:
    figures = compare(
        two_camps(), Protocol.COLD, QUICK,
        out=tmp_path, with_peers=False, budget=5, text_cache=tmp_path / "texts", progress=Silent(),
    )  # fmt: skip
    assert 0 < figures["cold_items"]["share_of_events"] < 1
    assert 0 <= figures["methods"][0]["cold_share_of_lists"] <= 1


def test_the_rating_protocol_compares_errors() -> None:
    peers = [RatingPeerContender(peer) for peer in RATING_PEERS]
    evaluation = evaluate(two_camps(), Protocol.RATING, [], peers, budget=5, progress=Silent())
    errors = {method["name"]: method["metrics"]["rmse"] for method in report(evaluation)["methods"]}
    assert errors["Biases"] < errors["Global mean"]  # an item's rating hangs on the item alone


def test_a_method_that_lacks_what_it_reads_is_left_out_with_the_reason() -> None:
    peers = [PeerContender(Popularity), PeerContender(TextNeighbours, None)]
    evaluation = evaluate(two_camps(), Protocol.COLD, [], peers, budget=5, progress=Silent())
    assert [outcome.name for outcome in evaluation.outcomes] == ["Popularity"]
    (left_out,) = evaluation.left_out
    assert left_out.name == TextNeighbours.name
    assert "vectors of the text model" in left_out.reason


def test_a_data_set_with_nothing_to_hold_out_is_an_error() -> None:
    with pytest.raises(DataError, match="needs ratings"):
        evaluate(two_camps(ratings=False), Protocol.RATING, [], [], budget=5, progress=Silent())
