"""What every ranking method keeps: the contract of `pharos.classics.base.Classic`."""

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from pharos.classics.base import Classic
from pharos.classics.bpr import BPR
from pharos.classics.content_ridge import ContentRidge
from pharos.classics.data import Document, Histories, Need, RankingData, Sequences
from pharos.classics.ease import EASE, ItemWeights, UserWeights
from pharos.classics.errors import CannotAnswer, Unfit
from pharos.classics.item_knn import ItemKNN, Weighting, nearest
from pharos.classics.linear import ByUsers
from pharos.classics.popularity import Popularity
from pharos.classics.random_order import RandomOrder
from pharos.classics.registry import RANKING
from pharos.classics.sasrec import SASRec
from pharos.classics.scoring import top_lists
from pharos.classics.truncated_svd import PureSVD
from pharos.evaluation.peers import COLD_PEERS, WARM_PEERS
from tests.classics.worlds import SIZE, checkerboard, upwards, with_events

EVERYONE = np.arange(SIZE)


def peers(*chosen: type[Classic]) -> pytest.MarkDecorator:
    """Run a test for each of these; one whose library is optional even for an evaluation is skipped without it."""
    torchless = pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed: pharos[sasrec]")
    cases = [pytest.param(peer, marks=torchless) if peer is SASRec else peer for peer in chosen]
    return pytest.mark.parametrize("peer", cases, ids=lambda peer: peer.name)


every_peer = peers(*RANKING)
personal = [peer for peer in RANKING if peer not in (RandomOrder, Popularity)]
every_personal_peer = peers(*personal)


def suited(peer: type[Classic]) -> Classic:
    """With good settings for the checkerboard, which has two tastes; more singular values would copy it as it is."""
    return PureSVD(2) if peer is PureSVD else peer()


@pytest.fixture(scope="module")
def board() -> RankingData:
    return checkerboard()


@every_personal_peer
def test_recommends_the_one_item_withheld(peer: type[Classic], board: RankingData) -> None:
    scorer = suited(peer).fit(board)
    lists = top_lists(scorer.score, EVERYONE, board.matrix, k=1)
    assert [entry.items.tolist() for entry in lists] == [[user] for user in range(SIZE)]


@pytest.mark.slow
@every_personal_peer
def test_every_configuration_of_the_grid_scores_all_items(peer: type[Classic], board: RankingData) -> None:
    for config in peer.grid():
        assert np.isfinite(config.fit(board).score(EVERYONE)).all(), config


@every_peer
def test_scores_are_finite_float32_of_users_by_items(peer: type[Classic], board: RankingData) -> None:
    scores = peer().fit(board).score(np.array([3, 5, 5]))
    assert scores.shape == (3, SIZE)
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()


@every_peer
def test_a_batch_scores_as_its_users_alone(peer: type[Classic], board: RankingData) -> None:
    scorer = peer().fit(board)
    alone = np.vstack([scorer.score(np.array([user])) for user in EVERYONE])
    np.testing.assert_allclose(scorer.score(EVERYONE), alone, rtol=1e-5, atol=1e-6)


@every_peer
def test_fitting_twice_gives_the_same_scores(peer: type[Classic], board: RankingData) -> None:
    np.testing.assert_array_equal(peer().fit(board).score(EVERYONE), peer().fit(board).score(EVERYONE))


@every_peer
def test_asking_for_more_than_exist_gives_all_that_are_unseen(peer: type[Classic], board: RankingData) -> None:
    lists = top_lists(peer().fit(board).score, EVERYONE, board.matrix, k=10 * SIZE)
    assert {len(entry.items) for entry in lists} == {SIZE // 2 + 1}


@every_peer
def test_takes_users_and_items_without_any_event(peer: type[Classic], board: RankingData) -> None:
    events = board.matrix.toarray()
    events[0], events[:, 1] = 0.0, 0.0
    scores = peer().fit(with_events(board, events)).score(EVERYONE)
    assert np.isfinite(scores).all()


@peers(*(peer for peer in personal if peer is not BPR))
def test_answers_with_the_history_that_it_is_asked_with(peer: type[Classic], board: RankingData) -> None:
    swapped = csr_matrix(np.roll(board.matrix.toarray(), 1, axis=1))  # everybody has gone over to the other parity
    scores = peer().fit(replace(board, asked=swapped, asked_sequences=upwards(swapped))).score(EVERYONE)
    of_parity = np.stack([scores[:, 0::2].mean(axis=1), scores[:, 1::2].mean(axis=1)], axis=1)
    assert np.array_equal(of_parity.argmax(axis=1), 1 - EVERYONE % 2)


@every_peer
def test_answers_about_people_it_has_not_met_exactly_if_it_says_so(peer: type[Classic], board: RankingData) -> None:
    strangers = Histories(board.matrix[[4, 7]], Sequences(*_first(board, 4, 7)))
    scorer = suited(peer).fit(board)
    if not peer.can.unknown_users:
        with pytest.raises(CannotAnswer, match="supports only the users of its training data"):
            scorer.for_histories(strangers)
        return
    scores = scorer.for_histories(strangers).score(np.array([0, 1]))
    assert scores.shape == (2, SIZE)
    if peer in personal:
        unseen = np.where(strangers.matrix.toarray() > 0, -np.inf, scores)
        assert unseen.argmax(axis=1).tolist() == [4, 7]


@every_peer
def test_reasons_add_up_to_the_score_exactly_if_it_says_that_it_has_them(
    peer: type[Classic], board: RankingData
) -> None:
    scorer = peer().fit(board)
    if not peer.can.explanations:
        with pytest.raises(CannotAnswer, match="cannot explain its scores"):
            scorer.explain(3, 3)
        return
    for item in (3, 4):
        reasons = scorer.explain(3, item)
        assert reasons.shares.sum() == pytest.approx(scorer.score(np.array([3]))[0, item], rel=1e-3, abs=1e-4)
        assert set(reasons.items) <= set(board.matrix[[3]].indices)


@every_peer
@pytest.mark.parametrize("events", [np.ones((3, 1)), np.ones((1, 3)), np.ones((1, 1)), np.ones((4, 3))])
def test_takes_one_item_one_user_and_users_who_have_everything(peer: type[Classic], events: np.ndarray) -> None:
    users, items = events.shape
    documents, vectors = [Document("a film", ("kind=film",))] * items, np.eye(max(items, 2), dtype=np.float32)[:items]
    data = with_events(RankingData(csr_matrix((users, items)), documents, vectors), events.astype(np.float32))
    scores = peer().fit(data).score(np.arange(users))
    assert scores.shape == (users, items)
    assert np.isfinite(scores).all()


def _first(data: RankingData, *users: int) -> tuple[np.ndarray, np.ndarray]:
    """The events of some users, who are numbered anew."""
    assert data.sequences is not None
    parts = [data.sequences.items[data.sequences.users == user] for user in users]
    return np.repeat(np.arange(len(parts)), [len(part) for part in parts]), np.concatenate(parts)


@every_peer
def test_leaves_the_matrix_as_it_was(peer: type[Classic], board: RankingData) -> None:
    before = board.matrix.copy()
    peer().fit(board).score(EVERYONE)
    assert (board.matrix != before).nnz == 0


@every_peer
def test_tells_cold_items_apart_exactly_if_it_says_so(peer: type[Classic], board: RankingData) -> None:
    events = board.matrix.toarray()
    events[:, -4:] = 0.0
    cold = peer().fit(with_events(board, events)).score(EVERYONE)[:, -4:]
    assert (np.ptp(cold, axis=1).max() > 1e-3) == peer.can.new_items


@pytest.mark.parametrize("peer", COLD_PEERS, ids=lambda peer: peer.name)
def test_what_reads_the_items_finds_the_cold_ones_of_the_users_kind(peer: type[Classic], board: RankingData) -> None:
    if not peer.needs:
        pytest.skip(f"{peer.name} reads nothing")
    events = board.matrix.toarray()
    events[:, -4:] = 0.0
    cold = peer().fit(with_events(board, events)).score(EVERYONE)[:, -4:]
    assert np.array_equal(cold[:, 0] > cold[:, 1], EVERYONE % 2 == 0)


@every_peer
def test_the_first_of_the_grid_and_all_others_differ(peer: type[Classic]) -> None:
    assert len(set(peer.grid())) == len(peer.grid()) >= 1


def test_where_all_items_are_known_peers_need_interactions_alone() -> None:
    alone = {"Random", "Popularity", "ItemKNN", "EASE", "iALS", "PureSVD", "BPR", "Sequential neighbours", "SASRec"}
    assert {peer.name for peer in WARM_PEERS} == alone


def test_popularity_counts_users() -> None:
    matrix = csr_matrix(np.array([[1, 1, 0], [0, 1, 0]], dtype=np.float32))
    assert Popularity().fit(RankingData(matrix)).score(np.array([0])).tolist() == [[1.0, 2.0, 0.0]]


def test_ease_gives_the_same_scores_by_users_and_by_items() -> None:
    tall = csr_matrix((np.random.default_rng(0).random((30, 20)) < 0.3).astype(np.float32))
    by_items = EASE(l2=7.0).fit(RankingData(tall))
    by_users = UserWeights(tall.astype(np.float64), ByUsers.solve(tall.astype(np.float64), 7.0))
    assert isinstance(by_items, ItemWeights)
    users = np.arange(30)
    np.testing.assert_allclose(by_users.score(users), by_items.score(users), atol=1e-5)


def test_ease_asked_with_later_histories_gives_the_same_scores_by_users_and_by_items() -> None:
    random = np.random.default_rng(0)
    tall = csr_matrix((random.random((30, 20)) < 0.3).astype(np.float32))
    later = tall.maximum(csr_matrix((random.random((30, 20)) < 0.1).astype(np.float32)))
    by_items = EASE(l2=7.0).fit(RankingData(tall, asked=later))
    by_users = UserWeights(later.astype(np.float64), ByUsers.solve(tall.astype(np.float64), 7.0))
    users = np.arange(30)
    np.testing.assert_allclose(by_users.score(users), by_items.score(users), atol=1e-5)
    assert not np.allclose(by_items.score(users), EASE(l2=7.0).fit(RankingData(tall)).score(users), atol=1e-2)


@pytest.mark.parametrize(("weighting", "expected"), [(Weighting.COSINE, 2 / (np.sqrt(3) * np.sqrt(2) + 1))])
def test_item_similarity_is_the_shrunk_cosine(weighting: Weighting, expected: float) -> None:
    matrix = csr_matrix(np.array([[1, 1], [1, 1], [1, 0]], dtype=np.float32))
    scores = ItemKNN(neighbours=1, shrink=1.0, weighting=weighting).fit(RankingData(matrix)).score(np.array([2]))
    assert scores.tolist() == [[0.0, pytest.approx(expected)]]


def test_only_the_nearest_neighbours_are_kept() -> None:
    kept = nearest(np.array([[0.1, 0.5, 0.3, 0.0], [0.0, 0.0, 0.2, 0.0]], dtype=np.float32), neighbours=2).toarray()
    np.testing.assert_allclose(kept, [[0, 0.5, 0.3, 0], [0, 0, 0.2, 0]])


def test_data_that_lack_what_a_peer_reads_say_so() -> None:
    bare = RankingData(checkerboard().matrix)
    assert bare.lacks(ContentRidge.needs) == [Need.DOCUMENTS]
    assert checkerboard().lacks(frozenset(Need)) == []


def test_ease_refuses_what_it_cannot_invert() -> None:
    with pytest.raises(Unfit, match=r"users \(20001\) or items \(20002\)"):
        EASE().fit(RankingData(csr_matrix((20_001, 20_002), dtype=np.float32)))


def test_ease_takes_a_large_catalogue_where_the_users_are_few() -> None:
    matrix = csr_matrix((np.ones(4, np.float32), ([0, 0, 1, 1], [0, 20_000, 0, 20_000])), shape=(2, 20_001))
    scores = EASE(l2=1.0).fit(RankingData(matrix)).score(np.array([0]))
    assert np.flatnonzero(scores[0] > 0.1).tolist() == [0, 20_000]
