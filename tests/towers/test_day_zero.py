"""Data that are too small, or say too little, to train towers on: they are served all the same."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pharos.ingest.dataset import Dataset
from pharos.ingest.splits import chronological
from pharos.towers.bundle.bundle import Bundle
from pharos.towers.histories.histories import Histories
from pharos.towers.progress import Silent
from pharos.towers.sources.retriever import Retriever
from pharos.towers.training import select, selected, train_bundle
from tests.towers.conftest import QUICK
from tests.towers.worlds import two_camps


class Said(Silent):
    """Keeps what people are told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        """Keep it."""
        self.lines.append(line)


def no_event(world: Dataset) -> pd.DataFrame:
    return world.interactions[:0]


def one_event(world: Dataset) -> pd.DataFrame:
    return world.interactions[:1]


def one_user(world: Dataset) -> pd.DataFrame:
    return world.interactions[world.interactions["user_id"] == "u0"]


def one_item(world: Dataset) -> pd.DataFrame:
    return world.interactions[world.interactions["item_id"] == "i2"]


def two_items(world: Dataset) -> pd.DataFrame:
    return world.interactions[world.interactions["item_id"].isin(["i2", "i4"])]


def everybody_has_everything(world: Dataset) -> pd.DataFrame:
    pairs = pd.MultiIndex.from_product([world.users["user_id"], world.items["item_id"]]).to_frame(index=False)
    pairs.columns = ["user_id", "item_id"]
    return pairs.assign(rating=np.float32(4), timestamp=np.arange(len(pairs), dtype=np.int64))


def one_bot(world: Dataset) -> pd.DataFrame:
    """One user with everything, many times over, beside a few with little."""
    bot = everybody_has_everything(world).assign(user_id="u0").drop_duplicates("item_id")
    return pd.concat([bot, one_event(world).assign(user_id="u1"), one_event(world).assign(user_id="u2")])


@pytest.mark.parametrize("timestamps", [True, False], ids=["with times", "without times"])
@pytest.mark.parametrize(
    "events", [no_event, one_event, one_user, one_item, two_items, everybody_has_everything, one_bot]
)
def test_data_however_small_give_a_bundle_that_answers(events: object, timestamps: bool, tmp_path: Path) -> None:
    world = two_camps()
    chosen = events(world)  # type: ignore[operator]
    kept = list(chosen.columns) if timestamps else [name for name in chosen.columns if name != "timestamp"]
    world = replace(world, interactions=chosen[kept].reset_index(drop=True))
    split = chronological(world.interactions)
    selection = select(world, split.train, split.validation, QUICK, None, Silent())
    bundle = Bundle.load(train_bundle(world, selection, QUICK, None, bundles=tmp_path, progress=Silent()).path)
    vectors = bundle.encode_items(world.items)
    assert np.isfinite(vectors.tower).all()
    (query,) = Histories(world, world.interactions).queries(["u0"], vectors.tower)
    assert np.isfinite(bundle.encode_users([query])).all()
    assert np.isfinite(bundle.sources.content_entries(query, bundle.sources.rows(query))[1]).all()


def test_of_a_catalogue_alone_content_finds_what_is_like_the_history() -> None:
    world = two_camps()
    empty = replace(world, interactions=world.interactions[:0])
    selection = select(empty, empty.interactions, empty.interactions, QUICK, None, Silent())
    trained = selected(selection, empty.interactions)
    retriever = Retriever(trained.towers, trained.sources, world.items, None)
    liked = world.interactions[world.interactions["user_id"] == "u0"][:2]  # red items
    (query,) = Histories(world, liked).queries(["u0"], retriever.vectors)
    seen = pd.Index(world.items["item_id"]).get_indexer(pd.Index(liked["item_id"]))
    (found,) = retriever.candidates([query], [seen])
    first = world.items["colour"].to_numpy()[found.rows[:5]]
    assert set(first) == {"red"}


def test_people_are_told_what_was_not_learnt_and_what_answers_instead() -> None:
    world = two_camps()
    said = Said()
    selection = select(world, one_item(world), world.interactions[:0], QUICK, None, said)
    assert selection.fit.unlearnt is not None
    assert any("towers learnt nothing" in line and "content" in line for line in said.lines)


def test_towers_that_learnt_nothing_are_not_asked() -> None:
    world = two_camps()
    selection = select(world, one_item(world), world.interactions[:0], QUICK, None, Silent())
    assert selection.sources.sources.weights.known.tower == 0
    assert selection.sources.sources.weights.new.tower == 0
