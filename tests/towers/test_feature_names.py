"""The names of the ranking features."""

import numpy as np

from pharos.towers.histories.context import HistoryScale
from pharos.towers.histories.sequences import Sequences
from pharos.towers.ranking.feature_names import GROUPS, WIDTH, RankFeature
from pharos.towers.ranking.features import RankQuery, RankTables, Retrieved, features


def test_every_feature_tells_of_one_thing() -> None:
    assert sorted(feature for group in GROUPS.values() for feature in group) == list(RankFeature)
    assert len(RankFeature) == WIDTH


def test_features_stand_in_the_columns_that_are_called_after_them() -> None:
    """Two people had items 0, 1, 2 in this order; a third has had 0 and 1, and is asked about 2 and 3."""
    item = np.array([0, 1, 2, 0, 1, 2], np.int32)
    past = Sequences(item, np.array([1.0, 3, 5, 1, 3, 5]), np.arange(6.0), np.array([0, 3, 6]), ["a", "b"])
    tables = RankTables.of(past, 4, HistoryScale(3.0, 1.0, timed=True))
    vectors = np.eye(4, dtype=np.float32)
    vectors[2] = vectors[1]
    query = RankQuery(vectors[1], np.array([0, 1]), vectors[:2], np.array([-1.0, 1.0], np.float32))
    retrieved = Retrieved(np.array([0.9, 0.3], np.float32), np.array([[0.7, 0.2, 0.1], [0, 0, 0]], np.float32))
    seen, other = features(query, np.array([2, 3]), vectors[2:], retrieved, tables)
    assert seen[RankFeature.MERGED_SCORE] == np.float32(0.9)
    assert other[RankFeature.RETRIEVAL_RANK] > seen[RankFeature.RETRIEVAL_RANK]
    assert (seen[RankFeature.LIKENESS_TO_LAST], seen[RankFeature.LIKENESS_TO_SECOND_LAST]) == (1, 0)
    assert (seen[RankFeature.LIKENESS_TO_LIKED], seen[RankFeature.LIKENESS_TO_DISLIKED]) == (1, 0)
    assert seen[RankFeature.LIKENESS_TO_NEAREST] == 1
    assert seen[RankFeature.TOGETHER_WITH_ALL] > other[RankFeature.TOGETHER_WITH_ALL]
    assert seen[RankFeature.FOLLOWS_LAST] > other[RankFeature.FOLLOWS_LAST]
    assert seen[RankFeature.ITEM_EVENTS] == np.log1p(np.float32(2))
    assert seen[RankFeature.ITEM_RATING] > 0
    assert seen[RankFeature.EVENTS_BEFORE] == np.log1p(np.float32(2))
    assert seen[RankFeature.HISTORY_RATING] == 0
    assert seen[RankFeature.TOWER_COSINE] == 1
    assert seen[RankFeature.TOWER_PART : RankFeature.CONTENT_PART + 1].tolist() == retrieved.parts[0].tolist()
