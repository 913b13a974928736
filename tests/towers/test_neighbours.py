"""Item-to-item weights: what they count, how they fade, and the linear model in both of its ways."""

from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp

from pharos.classics import linear
from pharos.classics.linear import linear_weights
from pharos.towers.histories.sequences import Sequences
from pharos.towers.neighbours import pairs as pairs_module
from pharos.towers.neighbours.cooccurrence import Cooccurrence
from pharos.towers.neighbours.pairs import Pairs
from pharos.towers.neighbours.settings import NeighbourSettings, choices
from pharos.towers.neighbours.weights import NeighbourPairs, Neighbours
from pharos.towers.retrieval.spectral import spectral_start
from pharos.towers.sparse import strongest

ITEMS = 6


def sequences(*histories: list[int]) -> Sequences:
    """Histories of item rows, the oldest first."""
    items = [item for history in histories for item in history]
    unknown = np.full(len(items), np.nan)
    offsets = np.append(0, np.cumsum([len(history) for history in histories]))
    users = [f"u{place}" for place in range(len(histories))]
    return Sequences(np.array(items, np.int32), unknown, unknown, offsets.astype(np.int64), users)


def neighbours(*histories: list[int], **settings: float) -> Neighbours:
    pairs = NeighbourPairs.of(sequences(*histories), ITEMS)
    return pairs.neighbours(NeighbourSettings(**settings))  # type: ignore[arg-type]


def scores(found: Neighbours, *history: int) -> np.ndarray:
    return (found.query_row(np.array(history, np.int64)) @ found.weights).toarray()[0]


def test_what_follows_counts_more_than_what_went_before() -> None:
    found = neighbours([0, 1], [0, 1], together=0.0)
    assert scores(found, 0)[1] > 0
    assert scores(found, 1)[0] == 0


def test_a_nearer_event_counts_more() -> None:
    after = scores(neighbours([0, 1, 2], together=0.0), 0)
    assert after[1] == pytest.approx(2 * after[2])


def test_what_goes_together_counts_both_ways() -> None:
    found = neighbours([0, 1], following=0.0, together=1.0)
    assert scores(found, 0)[1] == pytest.approx(scores(found, 1)[0])


def test_older_events_fade() -> None:
    found = neighbours([0, 2], [1, 3], fade=1.0, together=1.0)
    asked = scores(found, 0, 1)
    assert asked[2] == pytest.approx(asked[3] * np.exp(-1), rel=1e-5)


def test_items_that_training_did_not_see_say_nothing_but_take_their_place() -> None:
    found = neighbours([0, 2], fade=1.0)
    assert scores(found, 0, -1)[2] == pytest.approx(scores(found, 0)[2] * np.exp(-1), rel=1e-5)
    assert scores(found, -1, -1).max() == 0


def test_no_more_weights_are_kept_of_an_item_than_is_said() -> None:
    found = neighbours([0, 5], [1, 5], [2, 5], [3, 5], [0, 5], kept=2)
    assert np.diff(found.weights.tocsc().indptr).max() <= 2
    assert found.weights[0, 5] > 0  # the strongest stays


def test_the_linear_model_gives_the_same_in_the_users_space() -> None:
    known = sp.random(5, 12, 0.5, "csr", random_state=0, dtype=np.float32)
    known.data[:] = 1
    rows = known.astype(np.float64)
    items, users = (linear.pruned(way.solve(rows, 2.0), 12, 12).toarray() for way in (linear.ByItems, linear.ByUsers))
    np.testing.assert_allclose(items, users, atol=1e-6)


def test_the_linear_model_leaves_out_an_item_itself() -> None:
    known = sp.csr_matrix(np.kron(np.eye(2), np.ones((4, 3))).astype(np.float32))
    weights = linear_weights(known, 1.0, 6).toarray()
    assert np.diag(weights) == pytest.approx(0)
    assert weights[0, 1] > abs(weights[0, 4])


def random_histories(items: int) -> Sequences:
    """Histories of up to 40 different items each."""
    rng = np.random.default_rng(3)
    return sequences(*(rng.permutation(items)[: rng.integers(1, 40)].tolist() for _ in range(60)))


def test_pairs_are_what_a_look_at_every_two_events_finds() -> None:
    items, found = 50, random_histories(50)
    after, together = np.zeros((items, items)), np.zeros((items, items))
    for start, stop in pairwise(found.offsets):
        for place in range(start, stop):
            for other in range(start, stop):
                together[found.item[place], found.item[other]] += place != other
                if place < other <= place + pairs_module.REACH:
                    after[found.item[place], found.item[other]] += 1 / (other - place)
    (block,) = Pairs(found, items).blocks()
    np.testing.assert_allclose(block.after.toarray(), after, atol=1e-5)
    np.testing.assert_allclose(block.before.toarray(), after.T, atol=1e-5)
    np.testing.assert_array_equal(block.together.toarray(), together)


def test_many_blocks_of_pairs_give_what_one_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    items, found = 50, random_histories(50)

    def everything() -> list[np.ndarray]:
        weights = NeighbourPairs.of(found, items).neighbours(NeighbourSettings(kept=5)).weights.toarray()
        start = spectral_start(found, items, 4, np.random.default_rng(0))
        tables = Cooccurrence.of(Pairs(found, items))
        return [weights, start @ start.T, *(part for table in tables for part in table.arrays("").values())]

    whole = everything()
    monkeypatch.setattr(pairs_module, "_BLOCK", 500)
    assert len(list(Pairs(found, items).blocks())) > 10
    for one, many in zip(whole, everything(), strict=True):
        np.testing.assert_allclose(many, one, atol=1e-4)


def test_an_item_of_more_pairs_than_a_block_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs_module, "_BLOCK", 1)
    sizes = [block.together.shape[0] for block in Pairs(random_histories(9), 9).blocks()]
    assert sizes == [1] * 9


def test_without_events_there_are_no_pairs() -> None:
    nobody = NeighbourPairs.of(sequences(), ITEMS)
    assert nobody.neighbours(NeighbourSettings()).weights.nnz == 0


def test_without_times_no_choice_hangs_on_order() -> None:
    assert all(way.following == 0 and way.fade is None for way in choices(timed=False, linear=True))


def test_items_that_go_together_start_side_by_side() -> None:
    histories = [[0, 1, 2], [3, 4, 5]] * 5
    start = spectral_start(sequences(*histories), ITEMS, 4, np.random.default_rng(0))
    likeness = start @ start.T
    assert np.linalg.norm(start, axis=1) == pytest.approx(1, abs=1e-5)
    assert likeness[0, 1] > likeness[0, 3] + 0.5


def test_of_each_row_the_largest_entries_are_kept() -> None:
    rows = sp.csr_matrix(np.array([[0.1, 0.4, 0.3, 0.2], [0.0, 0.0, 0.5, 0.0], [0.0, -0.1, 0.0, 0.2]], np.float32))
    kept = strongest(rows, 2)
    assert kept.toarray() == pytest.approx(np.array([[0, 0.4, 0.3, 0], [0, 0, 0.5, 0], [0, -0.1, 0, 0.2]], np.float32))
    assert kept.nnz == 5 and rows.nnz == 7


def test_a_row_of_equal_entries_keeps_as_many_as_any_other() -> None:
    assert strongest(sp.csr_matrix(np.ones((1, 9), np.float32)), 4).nnz == 4
