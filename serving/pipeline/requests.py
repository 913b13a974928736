"""Requests to the pipeline: for whom, and which items."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from pharos.indexing.filters import Filter
from pharos.ingest.unicode import nfc
from pharos.towers.histories.queries import HistoryEvent


class SimilarMethod(StrEnum):
    """By what items are alike: all of it weighed (blend), or one thing alone.

    tower: the item tower's vectors. text: those of the text model. neighbours: who had one had the other. tfidf: the
    words of the texts, rare ones weighing more. soup: names and labels. The last two are of the store's items.
    """

    BLEND = "blend"
    TOWER = "tower"
    TEXT = "text"
    NEIGHBOURS = "neighbours"
    TFIDF = "tfidf"
    SOUP = "soup"


@dataclass(frozen=True)
class Selection:
    """Which items a list may have, how many, and what is returned of each.

    k: length of the list. filter: checked against the schema. exclude: item ids to leave out.
    fields: names of item features to return. variant: the one to answer; None for the user's.
    diversity: 0 for the best items, to 1 for items unlike each other; new_share: share kept for new items, None for the
    setting; explain: whether to name the past items that weigh most in the score of each item; all three of
    recommendations only.
    """

    k: int
    filter: Filter = field(default_factory=Filter)
    exclude: frozenset[str] = frozenset()
    fields: tuple[str, ...] = ()
    variant: str | None = None
    diversity: float = 0.0
    new_share: float | None = None
    explain: bool = False


@dataclass(frozen=True)
class Person:
    """For whom: a user by id, whose history and features the store knows, or an anonymous history.

    history: oldest first, of an anonymous person only. features: typed user features, of an anonymous person only.
    """

    user_id: str | None = None
    history: tuple[HistoryEvent, ...] = ()
    features: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # However the ids were typed, they are looked up in the one form that files and the store have.
        history = tuple(
            event if event.item_id.isascii() else replace(event, item_id=nfc(event.item_id)) for event in self.history
        )
        object.__setattr__(self, "history", history)
        object.__setattr__(self, "user_id", None if self.user_id is None else nfc(self.user_id))
