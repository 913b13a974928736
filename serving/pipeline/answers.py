"""Candidates, and the answers that the pipeline makes of them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain, zip_longest
from typing import Final

from pharos.indexing.index import FloatArray
from pharos.serving.store.records import ItemRecord


class Source(StrEnum):
    """Why an item is in a list. Scores can be compared within one source only; the first three are one."""

    PERSONAL = "personal"  # near the user's vector; this and the next two have the ranker's score, or the merged one
    NEIGHBOURS = "neighbours"  # people who had the user's past items had it too
    CONTENT = "content"  # what is written about it is what the user's past items have in common
    SIMILAR = "similar"  # like another item, by taste, company and content; from 0 to 1
    NEW = "new"  # fits the user, by the share of the list that new items have; the merged score
    POPULAR = "popular"  # weighted rating or count of events
    TITLE = "title"  # the title holds the words of the query; 1 exact, .75 begins with them, .5 holds them
    TEXT = "text"  # its text means what the query means, or has its words; from 0 to 1


RETRIEVED: Final = (Source.PERSONAL, Source.NEIGHBOURS, Source.CONTENT)
"""The sources of retrieval, in the order of `pharos.towers.sources.merging`; their scores are on one scale."""


@dataclass(frozen=True)
class Reason:
    """A past item that raised the score of another.

    share: of the contribution of all past items, 0 to 1. shared: the values that both items have, by feature.
    """

    item_id: str
    title: str
    share: float
    shared: Mapping[str, object]


# Not frozen, for that makes it four times as slow, and each request makes hundreds.
@dataclass(slots=True)
class Candidate:
    """An item that may get into the answer. Nobody changes one.

    vector: the item tower's, float32 [d]; None where no later stage needs it, or the source has none.
    parts: the score of each source of retrieval, float32 [SOURCES]; None where it was found in another way.
    record: the item as the store had it when it was found eligible; None before `eligible.Eligible`.
    ranked: whether the score is a ranking model's, of which differences are differences of log odds.
    predicted_rating: None before `details.AddDetails`, and where the data have no ratings.
    """

    item_id: str
    score: float
    source: Source
    vector: FloatArray | None = field(default=None, compare=False, repr=False)
    ranked: bool = False
    predicted_rating: float | None = None
    because: tuple[Reason, ...] = ()
    parts: FloatArray | None = field(default=None, compare=False, repr=False)
    record: ItemRecord | None = field(default=None, compare=False, repr=False)

    def eligible(self, record: ItemRecord) -> "Candidate":
        """The same with its record."""
        return self._with(self.predicted_rating, self.because, record)

    def detailed(self, predicted_rating: float | None, because: tuple[Reason, ...]) -> "Candidate":
        """The same with its details."""
        return self._with(predicted_rating, because, self.record)

    def _with(
        self, predicted_rating: float | None, because: tuple[Reason, ...], record: ItemRecord | None
    ) -> "Candidate":
        # By place, since `dataclasses.replace` takes ten times as long.
        same = self.item_id, self.score, self.source, self.vector, self.ranked
        return Candidate(*same, predicted_rating, because, self.parts, record)


@dataclass(frozen=True)
class AnswerItem:
    """An item of an answer.

    rank: from 1. fields: the item features asked for; missing values are absent. predicted_rating, because: see
    `Candidate`.
    """

    item_id: str
    title: str
    rank: int
    score: float
    source: Source
    fields: Mapping[str, object]
    predicted_rating: float | None = None
    because: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Answer:
    """A list of items, and what answered.

    bundle, collection: None where only the store answered. degraded_reason: why the answer is less than what was asked
    for; None if it is not. unknown_items: history items that the store does not have. milliseconds: by stage. variant:
    the one that answered, where several are live.
    """

    items: tuple[AnswerItem, ...]
    bundle: str | None
    collection: str | None
    degraded_reason: str | None
    milliseconds: Mapping[str, float]
    unknown_items: tuple[str, ...] = ()
    variant: str | None = None


def interleave(first: Iterable[Candidate], second: Iterable[Candidate]) -> Iterator[Candidate]:
    """One of each in turn; what is left of the longer one follows."""
    pairs = zip_longest(first, second)
    return (candidate for candidate in chain.from_iterable(pairs) if candidate is not None)
