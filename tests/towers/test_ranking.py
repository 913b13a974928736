"""The ranking model and what it sees."""

import numpy as np
import pandas as pd
import pytest

from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.ingest.splits import chronological
from pharos.towers.bundle.bundle import Bundle
from pharos.towers.histories.context import HistoryScale
from pharos.towers.histories.queries import HistoryEvent, UserQuery
from pharos.towers.histories.sequences import Sequences
from pharos.towers.neighbours.cooccurrence import Cooccurrence
from pharos.towers.neighbours.pairs import Pairs
from pharos.towers.progress import Silent
from pharos.towers.ranking.feature_names import WIDTH
from pharos.towers.ranking.features import RankQuery, RankTables, Retrieved, attention, features
from pharos.towers.ranking.ranker import rows_of
from pharos.towers.ranking.training import Lists, candidate_lists, tables_of
from pharos.towers.retrieval.fitting import fit
from pharos.towers.retrieval.two_towers import TwoTowers
from pharos.towers.settings import RankingSettings
from pharos.towers.sources.fitting import fit_sources
from pharos.towers.sources.retriever import Retriever
from tests.towers.conftest import QUICK
from tests.towers.worlds import two_camps

RNG = np.random.default_rng(7)
ITEMS, DIMENSIONS = 30, 8


def unit(rows: int) -> np.ndarray:
    vectors = RNG.normal(size=(rows, DIMENSIONS)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


VECTORS = unit(ITEMS)


@pytest.fixture(scope="module")
def sequences() -> Sequences:
    item = np.concatenate([RNG.permutation(ITEMS)[:10] for _ in range(20)]).astype(np.int32)
    offsets = np.arange(0, 201, 10)
    return Sequences(
        item, RNG.integers(1, 6, 200).astype(float), np.arange(200.0), offsets, [f"u{n}" for n in range(20)]
    )


@pytest.fixture(scope="module")
def tables(sequences: Sequences) -> RankTables:
    return RankTables.of(sequences, ITEMS, HistoryScale(3.0, 1.0, timed=True))


def person(rows: list[int]) -> RankQuery:
    chosen = np.array(rows, np.int64)
    return RankQuery(VECTORS[0], chosen, VECTORS[chosen], np.linspace(-1, 1, len(rows)).astype(np.float32))


def test_items_of_the_same_people_are_together_as_often_as_their_cosine_says(sequences: Sequences) -> None:
    together, _ = Cooccurrence.of(Pairs(sequences, ITEMS))
    owned = np.zeros((20, ITEMS))
    owned[np.repeat(np.arange(20), 10), sequences.item] = 1
    counts = owned.sum(axis=0) + 10
    expected = (owned.T @ owned) / np.sqrt(np.outer(counts, counts))
    sums = together.sums(np.array([3, -1, 5]), np.array([[1.0], [9.0], [0.5]], np.float32), np.array([7, 8, -1]))
    assert sums[:2, 0] == pytest.approx(expected[3, [7, 8]] + 0.5 * expected[5, [7, 8]], abs=1e-5)
    assert sums[2, 0] == 0


def test_what_follows_is_told_from_what_comes_before() -> None:
    one = Sequences(np.array([4, 2], np.int32), np.array([3.0, 3.0]), np.array([1.0, 2.0]), np.array([0, 2]), ["u"])
    _, following = Cooccurrence.of(Pairs(one, ITEMS))
    everything = np.ones((1, 1), np.float32)
    assert following.sums(np.array([4]), everything, np.array([2]))[0, 0] > 0
    assert following.sums(np.array([2]), everything, np.array([4]))[0, 0] == 0


def test_items_that_come_late_in_histories_are_told_from_those_that_come_early() -> None:
    two = Sequences(
        np.array([4, 2, 4, 3, 2], np.int32), np.full(5, 3.0), np.arange(5.0), np.array([0, 2, 5]), ["a", "b"]
    )
    places = RankTables.of(two, ITEMS, HistoryScale.fit(two.rating, two.stamp)).places
    assert (places[2] > places[3]).all()
    assert (places[3] > places[4]).all()


def test_pairs_never_reach_from_one_person_to_the_next() -> None:
    two = Sequences(
        np.array([4, 2], np.int32), np.array([3.0, 3.0]), np.array([1.0, 2.0]), np.array([0, 1, 2]), ["a", "b"]
    )
    _, following = Cooccurrence.of(Pairs(two, ITEMS))
    assert len(following.items) == 0


def retrieved(count: int) -> Retrieved:
    """Candidates that the towers alone found, each a little worse than the one before."""
    score = np.linspace(1, 0, count, dtype=np.float32)
    return Retrieved(score, np.stack([score, np.zeros_like(score), np.zeros_like(score)], axis=1))


def test_features_do_not_depend_on_the_axes_of_the_vectors(tables: RankTables) -> None:
    turn, _ = np.linalg.qr(RNG.normal(size=(DIMENSIONS, DIMENSIONS)))
    turn = turn.astype(np.float32)
    asked, rows = person([1, 2, 3]), np.arange(10, 20)
    turned = RankQuery(asked.vector @ turn, asked.rows, asked.vectors @ turn, asked.ratings)
    plain = features(asked, rows, VECTORS[rows], retrieved(10), tables)
    assert features(turned, rows, VECTORS[rows] @ turn, retrieved(10), tables) == pytest.approx(plain, abs=1e-4)


@pytest.mark.parametrize("candidates", [[], [4], [-1], [4, 4, 4]], ids=["none", "one", "unknown", "all the same"])
@pytest.mark.parametrize("history", [[], [1], [-1, -1]], ids=["no history", "one event", "unknown items"])
def test_features_are_finite_whatever_there_is(tables: RankTables, candidates: list[int], history: list[int]) -> None:
    rows = np.array(candidates, np.int64)
    seen = features(person(history), rows, VECTORS[rows], retrieved(len(rows)), tables)
    assert seen.shape == (len(candidates), WIDTH)
    assert np.isfinite(seen).all()


def test_attention_prefers_the_past_item_that_is_the_candidate_itself(tables: RankTables) -> None:
    weights = attention(person([5, 6, 7]), VECTORS[[6]])
    assert weights.sum() == pytest.approx(1)
    assert weights.argmax() == 1


@pytest.fixture(scope="module")
def towers() -> tuple[Dataset, TwoTowers]:
    world = two_camps(users=60)
    split = chronological(world.interactions)
    return world, fit(world, split.train, QUICK, text=None, progress=Silent()).towers


def test_a_list_sees_nothing_of_the_events_that_it_is_to_tell(towers: tuple[Dataset, TwoTowers]) -> None:
    world, pair = towers
    split = chronological(world.interactions)
    first = split.validation.groupby(Columns.USER).head(1)
    planted = first.assign(item_id=np.roll(first[Columns.ITEM].to_numpy(), 1))  # other items, same users and times
    settings = RankingSettings(candidates=20)
    tables = tables_of(split.train, pair)
    sources = fit_sources(world, split.train, pair, text=None, progress=Silent()).sources
    retriever = Retriever(pair, sources, world.items, None)

    def seen(targets: pd.DataFrame) -> dict[tuple[float, ...], int]:
        lists = candidate_lists(world, split.train, targets, retriever, tables, settings, Silent())
        assert lists is not None
        return {tuple(np.sort(part[:, 0]).round(4)): len(part) for part in lists.features}

    true, false = seen(first), seen(planted)
    # A list is left out where its target is no candidate, so only those that both have can be compared.
    assert len(true.keys() & false.keys()) > 10
    assert len(true.keys() | false.keys()) <= 60


def test_of_many_states_a_sample_is_learnt_from_that_is_the_same_each_time(towers: tuple[Dataset, TwoTowers]) -> None:
    world, pair = towers
    split = chronological(world.interactions)
    tables = tables_of(split.train, pair)
    sources = fit_sources(world, split.train, pair, text=None, progress=Silent()).sources
    retriever = Retriever(pair, sources, world.items, None)

    def found(most: int) -> Lists:
        settings = RankingSettings(candidates=10).model_copy(update={"lists": most})
        lists = candidate_lists(world, split.train, split.test, retriever, tables, settings, Silent())
        assert lists is not None
        return lists

    every, some, again = found(10_000), found(20), found(20)
    assert len(some.label) < len(every.label)
    np.testing.assert_array_equal(some.features, again.features)
    in_all = {(owner, *row) for owner, row in zip(every.owner.tolist(), every.label.tolist(), strict=True)}
    assert in_all >= {(owner, *row) for owner, row in zip(some.owner.tolist(), some.label.tolist(), strict=True)}


def test_pairs_are_counted_without_the_events_to_be_told(towers: tuple[Dataset, TwoTowers]) -> None:
    world, pair = towers
    split = chronological(world.interactions)
    tables = tables_of(split.train, pair)
    assert tables.counts.sum() == len(split.train)


def test_a_loaded_ranker_scores_as_the_one_just_trained(bundle: Bundle) -> None:
    assert bundle.ranker is not None
    loaded = Bundle.load(bundle.path)
    assert loaded.ranker is not None
    vectors = unit_like(bundle)
    query = UserQuery((HistoryEvent("i0", 4.0, 1), HistoryEvent("new", None, 2)), vectors[:2])
    scores = [
        one.ranker.score(
            one.ranker.query(query, vectors[2]),
            rows_of(one.ranker.spec, ["i2", "i3", "another"]),
            vectors[:3],
            retrieved(3),
        )
        for one in (bundle, loaded)
        if one.ranker
    ]
    assert scores[1] == pytest.approx(scores[0], abs=1e-5)
    assert bundle.predict_ratings(query, ["i2", "another"], vectors[:2]) == pytest.approx(
        loaded.predict_ratings(query, ["i2", "another"], vectors[:2]), abs=1e-9
    )


def test_nothing_to_rank_is_no_error(bundle: Bundle) -> None:
    assert bundle.ranker is not None
    nobody = UserQuery((), np.zeros((0, bundle.dimensions), np.float32))
    query = bundle.ranker.query(nobody, np.zeros(bundle.dimensions, np.float32))
    none = np.zeros((0, bundle.dimensions), np.float32)
    assert bundle.ranker.score(query, np.zeros(0, np.int64), none, retrieved(0)).shape == (0,)


def unit_like(bundle: Bundle) -> np.ndarray:
    vectors = RNG.normal(size=(3, bundle.dimensions)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
