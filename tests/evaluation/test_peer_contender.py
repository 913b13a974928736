"""A peer between ids and codes: what it is given, and what it tells those of whom it knows nothing."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pharos.classics.base import Classic
from pharos.classics.errors import Unfit
from pharos.classics.item_knn import ItemKNN
from pharos.classics.popularity import Popularity
from pharos.classics.random_order import RandomOrder
from pharos.classics.sasrec import SASRec
from pharos.classics.sequential_neighbours import SequentialNeighbours
from pharos.evaluation.folds import FittedOn, Fold, Protocol, folds
from pharos.evaluation.peer_contender import PeerContender
from pharos.towers.progress import Silent
from tests.evaluation.worlds import two_camps, without_times


def with_a_stranger(fold: Fold) -> Fold:
    known = fold.known
    users = pd.DataFrame({"user_id": [*known.users["user_id"], "stranger"]})
    return replace(fold, known=replace(known, users=users))


def fitted(peer: type[Classic], fold: Fold) -> PeerContender:
    contender = PeerContender(peer)
    contender.fit_for_validation(fold, budget=0, progress=Silent())
    contender.fit_final(fold.known, fold.fitted, progress=Silent())
    return contender


@pytest.mark.parametrize("peer", [ItemKNN, SequentialNeighbours])
def test_whom_a_peer_can_tell_nothing_it_tells_what_is_popular(peer: type[Classic]) -> None:
    fold = with_a_stranger(folds(two_camps(), Protocol.GLOBAL).tuning)
    scores = fitted(peer, fold).score(["user-3", "stranger"])
    popular = fitted(Popularity, fold).score(["stranger"])[0]
    np.testing.assert_array_equal(scores[1], popular)
    assert not np.array_equal(scores[0], popular)


def test_a_random_order_stays_random_for_a_stranger() -> None:
    fold = with_a_stranger(folds(two_camps(), Protocol.GLOBAL).tuning)
    assert len(set(fitted(RandomOrder, fold).score(["stranger"])[0])) > 1


@pytest.mark.parametrize("peer", [SequentialNeighbours, SASRec])
def test_what_follows_the_order_is_unfit_for_events_without_one(peer: type[Classic]) -> None:
    fold = folds(without_times(two_camps()), Protocol.LEAVE_ONE_OUT).tuning
    with pytest.raises(Unfit, match="needs timestamps, and two-camps has none"):
        PeerContender(peer).fit_for_validation(fold, budget=1, progress=Silent())


def test_popularity_counts_what_may_be_learnt_from_alone() -> None:
    on_training, on_all = (folds(two_camps(), Protocol.LEAVE_ONE_OUT, part).final for part in FittedOn)
    counts = [fitted(Popularity, fold).score(["user-3"])[0].sum() for fold in (on_training, on_all)]
    assert counts == [20 * 13, 20 * 14]
