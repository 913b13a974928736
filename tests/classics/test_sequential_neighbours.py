"""Sequential neighbours, against cases worked out by hand and the definition, pair by pair."""

import math

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from pharos.classics.data import RankingData, Sequences
from pharos.classics.sequential_neighbours import SequentialNeighbours, following


def data(*histories: list[int], items: int) -> RankingData:
    users = np.repeat(np.arange(len(histories)), [len(history) for history in histories])
    codes = np.concatenate([np.array(history, np.int64) for history in histories])
    matrix = csr_matrix((np.ones(len(codes), np.float32), (users, codes)), shape=(len(histories), items))
    return RankingData(matrix, sequences=Sequences(users, codes))


def test_an_item_follows_by_one_part_in_its_distance_and_only_forwards() -> None:
    counts = following(data([0, 1, 2], [0, 2], items=3).sequences, 3).toarray()
    np.testing.assert_allclose(counts, [[0, 1, 1 / 2 + 1], [0, 0, 1], [0, 0, 0]])


def test_what_comes_more_than_twenty_events_later_does_not_follow() -> None:
    counts = following(data(list(range(22)), items=22).sequences, 22).toarray()
    assert counts[0, 20] == pytest.approx(1 / 20)
    assert counts[0, 21] == 0


def test_places_from_the_end_start_anew_with_each_user() -> None:
    assert data([5, 3, 4], [1], [2, 0], items=6).sequences.from_end().tolist() == [2, 1, 0, 0, 1, 0]


def test_no_events_have_no_places() -> None:
    nothing = np.zeros(0, np.int64)
    assert Sequences(nothing, nothing).from_end().tolist() == []
    assert following(Sequences(nothing, nothing), 2).nnz == 0


def test_without_fading_all_of_a_history_counts_alike_and_with_it_the_last_counts_most() -> None:
    world = data([0, 2], [1, 3], [0, 1], items=4)  # the last user had 0, then 1
    even = SequentialNeighbours(fade=None, together=0.0).fit(world).score(np.array([2]))[0]
    faded = SequentialNeighbours(fade=1.0, together=0.0).fit(world).score(np.array([2]))[0]
    assert even[2] == pytest.approx(even[3])
    assert faded[2] == pytest.approx(faded[3] * math.exp(-1), rel=1e-5)


@pytest.mark.parametrize(("damping", "fade", "together"), [(10.0, 2.0, 0.5), (1.0, None, 0.0), (50.0, 5.0, 1.0)])
def test_scores_are_those_of_the_definition(damping: float, fade: float | None, together: float) -> None:
    random = np.random.default_rng(0)
    fitted = [random.permutation(15)[: random.integers(1, 12)].tolist() for _ in range(12)]
    asked = [[*history, int(random.integers(15, 18))] for history in fitted]
    learnt, later = data(*fitted, items=18), data(*asked, items=18)
    known = RankingData(learnt.matrix, sequences=learnt.sequences, asked=later.matrix, asked_sequences=later.sequences)
    scores = SequentialNeighbours(damping, fade, together).fit(known).score(np.arange(12))
    count = [sum(item in history for history in fitted) for item in range(18)]
    for user, history in enumerate(asked):
        for target in range(18):
            expected = 0.0
            for place, item in enumerate(reversed(history)):
                both = [(own.index(item), own.index(target)) for own in fitted if item in own and target in own]
                follows = sum(1 / (second - first) for first, second in both if first < second)
                shared = len(both) if item != target else 0
                damped = math.sqrt((count[item] + damping) * (count[target] + damping))
                weight = 1.0 if fade is None else math.exp(-place / fade)
                expected += weight * (follows + together * shared) / damped
            assert scores[user, target] == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_events_without_an_order_are_refused() -> None:
    with pytest.raises(ValueError, match="order of events"):
        SequentialNeighbours().fit(RankingData(csr_matrix((2, 2), dtype=np.float32)))
