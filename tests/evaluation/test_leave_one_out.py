"""The protocol that learns from less than it asks with, from end to end."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pharos.classics.item_knn import ItemKNN
from pharos.classics.prepare import ranking_data
from pharos.evaluation.comparison import compare
from pharos.evaluation.folds import FittedOn, Folds, Protocol, folds
from pharos.evaluation.judging import judge_lists
from pharos.evaluation.two_tower import TwoTowerContender
from pharos.towers.progress import Silent
from pharos.towers.settings import TrainingSettings
from tests.evaluation.worlds import two_camps

QUICK = TrainingSettings(dimensions=16, item_hidden=16, user_hidden=32, history_length=20, max_epochs=2, text_model="")


@pytest.fixture(scope="module")
def parts() -> Folds:
    return folds(two_camps(), Protocol.LEAVE_ONE_OUT)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("leave-one-out")
    compare(
        two_camps(), Protocol.LEAVE_ONE_OUT, QUICK,
        out=folder, with_peers=True, budget=1, text_cache=folder / "texts", progress=Silent(),
    )  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def figures(out: Path) -> dict[str, Any]:
    return json.loads((out / "report.json").read_text())


def test_the_report_says_what_was_learnt_from_and_what_was_asked_with(figures: dict[str, Any]) -> None:
    assert figures["fitted_on"] == "training"
    dataset = figures["dataset"]
    assert [dataset[f"{part}_events"] for part in ("fitted", "known", "held_out")] == [20 * 13, 20 * 14, 20]


@pytest.mark.parametrize("stage", ["retrieval", "ranking"])
def test_no_list_holds_the_validation_event(out: Path, parts: Folds, stage: str) -> None:
    lists = pd.read_parquet(out / f"{stage}.parquet")
    assert lists.merge(parts.tuning.held_out, on=["user_id", "item_id"]).empty


def test_the_written_lists_of_both_stages_give_the_reported_figures(
    out: Path, parts: Folds, figures: dict[str, Any]
) -> None:
    for stage, method in zip(("retrieval", "ranking"), figures["methods"], strict=False):
        again = judge_lists(parts.final, pd.read_parquet(out / f"{stage}.parquet")).as_dict()
        assert method["metrics"] == pytest.approx(again)


def test_hit_rate_has_intervals_and_a_difference_to_the_best_peer(figures: dict[str, Any]) -> None:
    names = {"recall@5", "recall@10", "ndcg@5", "ndcg@10", "recall@100"}
    assert set(figures["methods"][0]["intervals"]) == set(figures["comparison"]["two-tower"]) == names


def test_the_page_calls_it_hit_rate(out: Path) -> None:
    page = (out / "report.html").read_text()
    assert page.count("<td>HR@10<td>") == 2  # once for each stage of ours, against the best peer
    assert "<th>HR@5<th>HR@10<th>ndcg@5" in page
    assert "fitted on training" in page


def test_towers_fitted_on_training_learn_nothing_more_and_see_the_longer_history(parts: Folds) -> None:
    contender = TwoTowerContender(QUICK)
    contender.fit_for_validation(parts.tuning, budget=1, progress=Silent())
    contender.fit_final(parts.final.known, parts.final.fitted, progress=Silent())
    assert contender.trained.towers is contender.selection.fit.towers
    (query,) = contender.lists.histories.queries(["user-3"], contender.lists.items)
    validation = parts.tuning.held_out.set_index("user_id")["item_id"]
    assert query.history[-1].item_id == validation["user-3"]


def test_towers_fitted_on_all_learn_on() -> None:
    parts = folds(two_camps(), Protocol.LEAVE_ONE_OUT, FittedOn.ALL)
    contender = TwoTowerContender(QUICK)
    contender.fit_for_validation(parts.tuning, budget=1, progress=Silent())
    contender.fit_final(parts.final.known, parts.final.fitted, progress=Silent())
    assert contender.trained.towers is not contender.selection.fit.towers


def test_a_peer_learns_without_the_validation_events_and_is_asked_with_them(parts: Folds) -> None:
    data = ranking_data(ItemKNN, parts.final.known, parts.final.fitted)
    assert data.matrix.sum() == len(data.sequences) == 20 * 13
    assert data.histories.sum() == len(data.asked_sequences) == 20 * 14
