"""An evaluation from end to end: what it writes is what it says, and the same for everybody."""

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pharos.classics.biases import Biases
from pharos.classics.bpr import BPR
from pharos.classics.popularity import Popularity
from pharos.classics.text_neighbours import TextNeighbours
from pharos.evaluation.comparison import compare
from pharos.evaluation.errors import EvaluationError
from pharos.evaluation.folds import Protocol, folds
from pharos.evaluation.judging import judge_lists
from pharos.evaluation.page import page
from pharos.evaluation.peer_contender import PeerContender, RatingPeerContender
from pharos.evaluation.peers import RATING_PEERS
from pharos.evaluation.report import report, write
from pharos.evaluation.run import evaluate
from pharos.ingest.errors import DataError
from pharos.towers.progress import Silent
from pharos.towers.settings import TrainingSettings
from tests.evaluation.worlds import two_camps

PEERS = {"Random", "Popularity", "ItemKNN", "EASE", "iALS", "PureSVD", "BPR", "Sequential neighbours"}
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
    assert names == {"two-tower", "two-tower + ranker", *PEERS}
    compared = figures["comparison"]["two-tower"]["ndcg@10"]
    assert compared["best_peer"] in names - {"two-tower", "two-tower + ranker"}
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
    ours = figures["methods"][0]
    variant = ours["variants"]["history only"]
    assert variant["loss"] == pytest.approx(1 - variant["ndcg@10"] / ours["metrics"]["ndcg@10"])


def test_users_fall_into_one_part_by_history_and_their_parts_average_to_the_whole(figures: dict[str, Any]) -> None:
    for method in figures["methods"]:
        for metric in ("ndcg@10", "recall@100"):
            parts = method[f"{metric}_by_history"]
            total = sum(part["count"] * part["figure"] for part in parts) / sum(part["count"] for part in parts)
            assert total == pytest.approx(method["metrics"][metric])


def test_every_figure_lies_in_its_interval(figures: dict[str, Any]) -> None:
    for method in figures["methods"]:
        assert set(method["intervals"]) == {"ndcg@10", "recall@10", "recall@50", "recall@100"}
        for metric, (low, high) in method["intervals"].items():
            assert low <= method["metrics"][metric] <= high


def test_the_page_has_pictures_and_loads_nothing(out: Path) -> None:
    page = (out / "report.html").read_text()
    assert page.count("<svg") == 9
    for loads in ("<script", "src=", "<link", "@import", "<image", 'href="http'):
        assert loads not in page


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


def test_ours_and_a_peer_that_err_alike_do_not_differ() -> None:
    ours, peer = RatingPeerContender(Biases), RatingPeerContender(Biases)
    evaluation = evaluate(two_camps(), Protocol.RATING, [ours], [peer], budget=5, progress=Silent())
    compared = report(evaluation)["comparison"][ours.name]["rmse"]
    assert compared["ratio"] == 1.0
    assert compared["interval"] == [0.0, 0.0]


def test_the_predictions_of_ours_are_written_and_give_the_reported_error(tmp_path: Path) -> None:
    ours = RatingPeerContender(Biases)
    evaluation = evaluate(two_camps(), Protocol.RATING, [ours], [], budget=5, progress=Silent())
    write(evaluation, report(evaluation), tmp_path, {ours.name: "ratings.parquet"})
    predicted = pd.read_parquet(tmp_path / "ratings.parquet")
    assert list(predicted.columns) == ["user_id", "item_id", "prediction"]
    both = folds(two_camps(), Protocol.RATING).final.held_out.merge(predicted, on=["user_id", "item_id"])
    figures = json.loads((tmp_path / "report.json").read_text())
    rmse = ((both["rating"] - both["prediction"]) ** 2).mean() ** 0.5
    assert figures["methods"][0]["metrics"]["rmse"] == pytest.approx(rmse)


def test_a_method_that_lacks_what_it_reads_is_left_out_with_the_reason() -> None:
    peers = [PeerContender(Popularity), PeerContender(TextNeighbours, None)]
    evaluation = evaluate(two_camps(), Protocol.COLD, [], peers, budget=5, progress=Silent())
    assert [outcome.name for outcome in evaluation.outcomes] == ["Popularity"]
    (left_out,) = evaluation.left_out
    assert left_out.name == TextNeighbours.name
    assert "vectors of the text model" in left_out.reason
    assert left_out.reason in page(report(evaluation))


def test_a_method_whose_library_is_absent_is_left_out_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "implicit.cpu.bpr", None)  # as if it were not installed
    peers = [PeerContender(Popularity), PeerContender(BPR)]
    evaluation = evaluate(two_camps(), Protocol.CHRONOLOGICAL, [], peers, budget=5, progress=Silent())
    assert [entry["name"] for entry in report(evaluation)["left_out"]] == ["BPR"]
    assert "pharos[evaluate]" in evaluation.left_out[0].reason


def test_a_page_without_the_plotting_library_has_its_tables_all_the_same(
    figures: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    text = page(figures)
    assert "<svg" not in text
    assert "No pictures: matplotlib.figure is not installed" in text
    assert f"{figures['methods'][0]['metrics']['ndcg@10']:.4f}" in text


def test_what_a_data_set_is_called_cannot_write_into_the_page(figures: dict[str, Any]) -> None:
    text = page(figures | {"dataset": figures["dataset"] | {"name": "<b>bold"}})
    assert "<b>bold" not in text
    assert "&lt;b&gt;bold" in text


def test_where_no_method_can_take_part_the_reasons_are_told() -> None:
    peers = [PeerContender(TextNeighbours, None)]
    with pytest.raises(EvaluationError, match="vectors of the text model"):
        evaluate(two_camps(), Protocol.COLD, [], peers, budget=5, progress=Silent())


def test_a_data_set_with_nothing_to_hold_out_is_an_error() -> None:
    with pytest.raises(DataError, match="needs ratings"):
        evaluate(two_camps(ratings=False), Protocol.RATING, [], [], budget=5, progress=Silent())
