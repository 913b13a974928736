"""`pharos analyse`: what a bundle has learnt, on worlds in which the answer can be told by looking."""

import re
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from pharos.cli import main
from pharos.evaluation.analysis.analyse import analyse
from pharos.evaluation.analysis.drawing import label_points
from pharos.evaluation.analysis.ranker import ranker
from pharos.evaluation.analysis.subject import AnalysisSettings, Subject
from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.ingest.export import export_dataset
from pharos.ingest.schema import Schema
from pharos.ingest.splits import chronological
from pharos.towers.bundle.bundle import Bundle, Trained
from pharos.towers.progress import Silent
from pharos.towers.ranking.feature_names import RankFeature
from pharos.towers.ranking.ranker import Ranker
from pharos.towers.ranking.training import tables_of
from pharos.towers.settings import TrainingSettings
from pharos.towers.training import select, train_bundle
from tests.towers.conftest import QUICK
from tests.towers.worlds import two_camps

_HOSTILE = '<script src="https://example.org/x.js">$5 & up</script>'
Run = Callable[..., tuple[int, str, str]]


def camps() -> Dataset:
    """Two camps in which everybody loves item 0 and loathes item 1; one title is none that a page should run."""
    world = two_camps()
    events = world.interactions.copy()
    for item, rating in (("i0", 5.0), ("i1", 1.0)):
        events.loc[events[Columns.ITEM] == item, Columns.RATING] = rating
    items = world.items.copy()
    items.loc[items[Columns.ITEM] == "i2", Columns.TITLE] = _HOSTILE
    return replace(world, interactions=events, items=items)


def trained(world: Dataset, folder: Path, settings: TrainingSettings = QUICK) -> Bundle:
    split = chronological(world.interactions)
    selection = select(world, split.train, split.validation, settings, None, Silent())
    return train_bundle(world, selection, settings, None, bundles=folder, progress=Silent())


@dataclass(frozen=True)
class Analysed:
    home: Path
    bundle: Bundle
    out: Path

    @property
    def page(self) -> str:
        return (self.out / "analysis.html").read_text("utf-8")

    def table(self, name: str) -> pd.DataFrame:
        return pd.read_csv(self.out / f"{name}.csv", keep_default_na=False)


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory) -> Analysed:
    home = tmp_path_factory.mktemp("analysis")
    bundle = trained(camps(), home / "var" / "bundles")
    analyse(bundle, camps(), AnalysisSettings(factors=3), out=home / "out", progress=Silent())
    return Analysed(home, bundle, home / "out")


def test_the_page_loads_nothing_and_runs_nothing(looked_at: Analysed) -> None:
    page = looked_at.page
    assert {source[:22] for source in re.findall(r'\bsrc="([^"]*)"', page)} == {"data:image/png;base64,"}
    assert re.findall(r'\bhref="(?!#)|@import|url\(|<script', page) == []
    assert "default-src 'none'" in page


def test_every_picture_is_1200_pixels_wide_and_stands_on_the_page(looked_at: Analysed) -> None:
    pictures = sorted(looked_at.out.glob("*.png"))
    widths = {path.name: struct.unpack(">I", path.read_bytes()[16:20])[0] for path in pictures}
    assert set(widths.values()) == {1200}
    assert len(widths) == looked_at.page.count("<img ")


def test_every_table_of_the_page_is_a_file(looked_at: Analysed) -> None:
    named = set(re.findall(r"rows: ([a-z-]+\.csv)", looked_at.page))
    assert named == {path.name for path in looked_at.out.glob("*.csv")}


def test_what_everybody_loves_and_loathes_stands_at_the_ends_of_the_biases(looked_at: Analysed) -> None:
    biases = looked_at.table("item-biases")
    assert (biases["item_id"].iloc[0], biases["item_id"].iloc[-1]) == ("i0", "i1")


def test_the_factor_that_parts_two_camps_goes_with_their_colour(looked_at: Analysed) -> None:
    found = looked_at.table("factor-correlations")
    first = found[found["factor"] == 1].iloc[0]
    assert first["feature"] in {"colour", "shades"}
    assert abs(first["correlation"]) > 0.9


def test_the_ends_of_that_factor_are_the_two_camps(looked_at: Analysed) -> None:
    ends = looked_at.table("factor-ends")
    first = ends[ends["factor"] == 1]
    camps_at = {end: {int(item[1:]) % 2 for item in part["item_id"]} for end, part in first.groupby("end")}
    assert sorted(map(sorted, camps_at.values())) == [[0], [1]]


def test_the_nearest_neighbours_of_an_item_are_of_its_camp(looked_at: Analysed) -> None:
    pairs = looked_at.table("nearest-neighbours")
    camp = {name: pairs[name].str[1:].astype(int) % 2 for name in ("item_id", "neighbour_id")}
    assert (camp["item_id"] == camp["neighbour_id"]).mean() > 0.9


def test_the_same_seed_draws_the_same_map(looked_at: Analysed, tmp_path: Path) -> None:
    analyse(looked_at.bundle, camps(), AnalysisSettings(factors=3), out=tmp_path, progress=Silent())
    again = pd.read_csv(tmp_path / "item-map.csv")
    pd.testing.assert_frame_equal(again[["x", "y"]], looked_at.table("item-map")[["x", "y"]], rtol=1e-3)


class _OneFeature:
    """A ranking model that looks at one feature alone."""

    def __init__(self, feature: RankFeature) -> None:
        self._feature = feature

    def score(self, features: Any) -> Any:
        return np.asarray(features)[:, self._feature]


def test_a_ranker_that_looks_at_one_feature_weighs_nothing_else(looked_at: Analysed) -> None:
    bundle, world = looked_at.bundle, camps()
    tables = tables_of(world.interactions, bundle.towers)
    model = Ranker(bundle.towers.spec, tables, _OneFeature(RankFeature.LIKENESS_TO_LAST))
    with_it = Bundle(bundle.path, bundle.manifest, Trained(bundle.towers, bundle.sources, model, bundle.ratings), None)
    section = ranker(Subject.of(with_it, world, AnalysisSettings()))
    (table,) = section.tables
    features = table.frame[table.frame["kind"] == "feature"].set_index("name")["loss_of_ndcg_10"]
    assert set(features.index) == {feature.name for feature in RankFeature}
    assert features["LIKENESS_TO_LAST"] > 0.05
    assert (features.drop("LIKENESS_TO_LAST") == 0).all()


def test_towers_that_learnt_nothing_of_three_items_without_a_name_are_looked_at_too(tmp_path: Path) -> None:
    events = pd.DataFrame({"user_id": ["a", "a", "b"], "item_id": ["x", "y", "x"]})
    items, users = pd.DataFrame({"item_id": ["x", "y", "z"]}), pd.DataFrame({"user_id": ["a", "b"]})
    world = Dataset("three", events, items.assign(title=items["item_id"]), users, Schema())
    bundle = trained(world, tmp_path / "bundles")
    page = analyse(bundle, world, AnalysisSettings(), out=tmp_path / "out", progress=Silent()).read_text("utf-8")
    assert "no rating model" in page
    assert "no ranking model" in page
    assert "all vectors are the same" in page


def test_a_catalogue_without_events_has_a_map_and_factors(looked_at: Analysed, tmp_path: Path) -> None:
    world = camps()
    bare = replace(world, interactions=world.interactions.head(0))
    analyse(looked_at.bundle, bare, AnalysisSettings(), out=tmp_path, progress=Silent())
    assert {"item-map-by-label.png", "factor-plane.png"} <= {path.name for path in tmp_path.glob("*.png")}


def test_labels_of_a_crowd_cover_neither_each_other_nor_the_edge() -> None:
    points = np.random.default_rng(3).normal(size=(300, 2))
    figure = Figure(figsize=(8, 5), dpi=150, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.scatter(*points.T)
    label_points(axes, points, [f"A film with quite a long name, part {n}" for n in range(300)], most=25)
    canvas.draw()
    boxes = [text.get_window_extent() for text in axes.texts]
    inside = axes.get_window_extent()
    assert len(boxes) >= 10
    assert not any(a.overlaps(b) for place, a in enumerate(boxes) for b in boxes[place + 1 :])
    assert all(inside.x0 <= box.x0 and box.x1 <= inside.x1 for box in boxes)


@pytest.fixture
def run(looked_at: Analysed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`pharos analyse` with the words given: exit code, output, errors. `camps` and `bare` are data sets there."""
    monkeypatch.chdir(looked_at.home)
    monkeypatch.setenv("PHAROS_DATA_DIR", str(looked_at.home / "var"))
    for name, world in (("camps", camps()), ("bare", two_camps(item_features=False))):
        if not (looked_at.home / name).exists():
            export_dataset(world, looked_at.home / name)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["pharos", "analyse", *words])
        with pytest.raises(SystemExit) as end:
            main()
        captured = capsys.readouterr()
        return int(end.value.code or 0), captured.out, captured.err

    return run


def test_the_newest_bundle_is_looked_at_and_the_page_named_last(run: Run, looked_at: Analysed) -> None:
    code, out, err = run("--data", "camps", "--out", "made/here", "--item", "i4")
    assert code == 0, err
    assert out.splitlines()[-1] == "made/here/analysis.html"
    named = pd.read_csv(looked_at.home / "made" / "here" / "nearest-neighbours.csv")
    assert set(named["item_id"]) == {"i4"}


WRONG = {
    "an unknown bundle": (("nobody", "--data", "camps"), "there is no bundle 'nobody'"),
    "an empty store": ((), "the store has no items"),
    "data of another shape": (("--data", "bare"), "reads the feature 'year'"),
    "an unknown item": (("--data", "camps", "--item", "i999"), "no item 'i999'"),
    "an unknown label": (("--data", "camps", "--label", "genre"), "no feature 'genre'"),
    "a label that is a number": (("--data", "camps", "--label", "year"), "'year' is number"),
}


@pytest.mark.parametrize(("words", "message"), WRONG.values(), ids=WRONG.keys())
def test_an_error_is_one_line(run: Run, words: tuple[str, ...], message: str) -> None:
    code, _, err = run(*words, "--out", "out")
    assert code == 1
    assert message in err
    assert "Traceback" not in err
