"""The curve of gain and cost of diversity."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pharos.evaluation.comparison import compare
from pharos.evaluation.diversity import DEGREES, Degree, diversity_curve
from pharos.evaluation.folds import Fold, Protocol, folds
from pharos.evaluation.judging import judge_lists, recommend
from pharos.indexing.diversity import mean_similarity
from pharos.ingest.schema import Schema
from pharos.towers.progress import Silent
from pharos.towers.settings import TrainingSettings
from tests.evaluation.worlds import two_camps

QUICK = TrainingSettings(dimensions=16, item_hidden=16, user_hidden=32, history_length=20, max_epochs=2, text_model="")


@pytest.fixture
def fold() -> Fold:
    return folds(two_camps(), Protocol.CHRONOLOGICAL).final


def scores(fold: Fold, users: list[str]) -> np.ndarray:
    """Every user likes the items of their own camp better, and of each camp those with low numbers."""
    camp = np.arange(len(fold.known.items)) % 2
    own = np.array([int(user.split("-")[1]) % 2 for user in users])
    return (2.0 * (camp == own[:, None]) - np.arange(len(camp)) / 100).astype(np.float32)


def vectors(fold: Fold) -> np.ndarray:
    """Items of one camp are alike, those of different camps are not."""
    camp = np.arange(len(fold.known.items)) % 2
    random = np.random.default_rng(2).normal(size=(len(camp), 4)) * 0.2
    found = np.concatenate([2.0 * np.eye(2)[camp], random], axis=1)
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def curve(fold: Fold, **options) -> list[Degree]:  # type: ignore[no-untyped-def]
    candidates = recommend(fold, lambda users, allowed=None: scores(fold, list(users)), k=500)
    return diversity_curve(fold, candidates, vectors(fold), **options)


def test_without_diversity_the_lists_are_the_plain_ones(fold: Fold) -> None:
    plain = recommend(fold, lambda users, allowed=None: scores(fold, list(users)), k=10)
    place = {item: row for row, item in enumerate(fold.known.items["item_id"])}
    alike = [mean_similarity(vectors(fold)[part["item_id"].map(place)]) for _, part in plain.groupby("user_id")]
    (degree,) = curve(fold, degrees=[0.0])
    assert degree.ndcg_10 == pytest.approx(judge_lists(fold, plain).ndcg_10)
    assert degree.similarity == pytest.approx(np.mean(alike), abs=1e-6)


def test_more_diversity_makes_lists_less_alike_in_vectors_and_in_features(fold: Fold) -> None:
    found = curve(fold)
    assert tuple(degree.diversity for degree in found) == DEGREES
    assert found[-1].similarity < found[0].similarity - 0.1
    assert found[-1].common is not None
    assert found[0].common is not None
    assert found[-1].common < found[0].common


def test_log_odds_that_hardly_differ_leave_more_to_diversity(fold: Fold) -> None:
    candidates = recommend(fold, lambda users, allowed=None: scores(fold, list(users)), k=500)
    candidates["score"] *= 0.01
    (unsure,) = diversity_curve(fold, candidates, vectors(fold), log_odds=True, degrees=[0.2])
    (scaled,) = diversity_curve(fold, candidates, vectors(fold), degrees=[0.2])
    assert unsure.similarity < scaled.similarity - 0.05


def test_items_have_in_common_what_both_have_of_what_either_has(fold: Fold) -> None:
    # A camp is one category: all is in common within it, and nothing across.
    user = fold.held_out["user_id"].iloc[0]
    mixed = pd.DataFrame(
        {"user_id": user, "item_id": ["item-0", "item-2", "item-1"], "score": [3.0, 2.0, 1.0], "rank": [1, 2, 3]}
    )
    (degree,) = diversity_curve(fold, mixed, vectors(fold), degrees=[0.0])
    assert degree.common == pytest.approx(1 / 3)


def test_items_without_features_have_no_figure_for_them() -> None:
    plain = two_camps()
    bare = type(plain)(
        plain.name,
        plain.interactions,
        plain.items[["item_id", "title"]],
        plain.users,
        Schema(has_rating=True, has_timestamp=True, has_title=True),
    )
    assert curve(folds(bare, Protocol.CHRONOLOGICAL).final, degrees=[0.0])[0].common is None


@pytest.mark.slow
def test_the_report_has_the_curve_of_ours_and_shows_it(tmp_path: Path) -> None:
    figures = compare(
        two_camps(),
        Protocol.CHRONOLOGICAL,
        QUICK,
        out=tmp_path,
        with_peers=False,
        budget=60,
        text_cache=tmp_path / "texts",
        progress=Silent(),
    )
    methods = json.loads((tmp_path / "report.json").read_text())["methods"]
    assert methods == json.loads(json.dumps(figures["methods"], default=float))
    for method in methods:
        curve_is_of(method)
    page = (tmp_path / "report.html").read_text()
    assert "gain and cost of diversity" in page
    assert "half of all diversity" in page


def curve_is_of(method: dict[str, Any]) -> None:
    assert [degree["diversity"] for degree in method["diversity"]] == list(DEGREES)
    assert method["diversity"][0]["ndcg_10"] == pytest.approx(method["metrics"]["ndcg@10"])
    assert (method["diversity"][0]["less_alike"], method["diversity"][0]["loss"]) == (0, 0)
