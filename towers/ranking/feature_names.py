"""Names of the ranking features; their order is that of the ranking model's input in every bundle."""

from enum import IntEnum, StrEnum
from typing import Final


class FeatureGroup(StrEnum):
    """Groups of ranking features, by their source."""

    RETRIEVAL = "retrieval"
    LIKENESS = "likeness to past items"
    PAIRS = "other people's histories"
    ITEM = "the item alone"
    TIME = "when the item was chosen"
    PERSON = "the person"


class RankFeature(IntEnum):
    """One column of the ranking features; its value is the column number.

    A name that ends in IN_LIST is standardised over the candidates of the list.
    """

    MERGED_SCORE = 0
    MERGED_SCORE_IN_LIST = 1
    RETRIEVAL_RANK = 2
    LIKENESS_TO_ALL = 3
    LIKENESS_TO_LAST_5 = 4
    LIKENESS_TO_LAST_20 = 5
    LIKENESS_TO_LIKED = 6
    LIKENESS_TO_DISLIKED = 7
    LIKENESS_TO_LAST = 8
    LIKENESS_TO_SECOND_LAST = 9
    LIKENESS_TO_THIRD_LAST = 10
    LIKENESS_TO_NEAREST = 11
    LIKENESS_TO_ATTENDED = 12
    RATING_OF_ATTENDED = 13
    TOGETHER_WITH_ALL = 14
    TOGETHER_WITH_LAST_50 = 15
    TOGETHER_WITH_LAST_10 = 16
    FOLLOWS_LAST = 17
    FOLLOWS_LAST_FADING = 18
    FOLLOWS_LAST_20 = 19
    FOLLOWS_LAST_50 = 20
    TOGETHER_WITH_ALL_IN_LIST = 21
    FOLLOWS_LAST_FADING_IN_LIST = 22
    ITEM_EVENTS = 23
    ITEM_RATING = 24
    ITEM_PLACE = 25
    ITEM_PLACE_SHARE = 26
    ITEM_PLACE_BEYOND_HISTORY = 27
    EVENTS_BEFORE = 28
    EVENTS_LAST_YEAR = 29
    EVENTS_LAST_MONTH = 30
    HISTORY_LENGTH = 31
    HISTORY_RATING = 32
    TOWER_COSINE = 33
    TOWER_COSINE_IN_LIST = 34
    TOWER_PART = 35
    NEIGHBOURS_PART = 36
    CONTENT_PART = 37

    @property
    def group(self) -> FeatureGroup:
        """The group of the feature."""
        return next(group for group, names in GROUPS.items() if self in names)

    @property
    def label(self) -> str:
        """The name for people: lower case, with spaces."""
        return self.name.lower().replace("_", " ")


WIDTH: Final = len(RankFeature)
"""Count of ranking features."""


def columns(first: RankFeature, last: RankFeature) -> slice:
    """The columns from the first to the last feature, both included."""
    return slice(first, last + 1)


LIKENESS: Final = columns(RankFeature.LIKENESS_TO_ALL, RankFeature.RATING_OF_ATTENDED)
PAIRS: Final = columns(RankFeature.TOGETHER_WITH_ALL, RankFeature.FOLLOWS_LAST_FADING_IN_LIST)
ITEM: Final = columns(RankFeature.ITEM_EVENTS, RankFeature.ITEM_PLACE_BEYOND_HISTORY)
TIME: Final = columns(RankFeature.EVENTS_BEFORE, RankFeature.EVENTS_LAST_MONTH)
PARTS: Final = columns(RankFeature.TOWER_PART, RankFeature.CONTENT_PART)


def _features_in(place: slice) -> tuple[RankFeature, ...]:
    return tuple(RankFeature)[place]


GROUPS: Final = {
    FeatureGroup.RETRIEVAL: (
        *_features_in(columns(RankFeature.MERGED_SCORE, RankFeature.RETRIEVAL_RANK)),
        *_features_in(columns(RankFeature.TOWER_COSINE, RankFeature.CONTENT_PART)),
    ),
    FeatureGroup.LIKENESS: _features_in(LIKENESS),
    FeatureGroup.PAIRS: _features_in(PAIRS),
    FeatureGroup.ITEM: _features_in(ITEM),
    FeatureGroup.TIME: _features_in(TIME),
    FeatureGroup.PERSON: (RankFeature.HISTORY_LENGTH, RankFeature.HISTORY_RATING),
}
"""Every feature, by its group."""
