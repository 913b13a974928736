"""The three stages that make a list, as types: each can be replaced by anything of its type."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from pharos.indexing.filters import Filter
from pharos.serving.index_sync.live_index import Generation
from pharos.serving.pipeline.answers import Candidate, Source
from pharos.serving.pipeline.encode import EncodedPerson

Fetch: TypeAlias = Callable[[int], Sequence[Candidate]]
"""Returns at most so many candidates, best first, and fewer only where there are no more."""

Near: TypeAlias = Callable[[int, Filter, Source | None], list[Candidate]]
"""The so many candidates that fit a person best and pass a filter, best first; None: each says what brought it."""


class Rank(Protocol):
    """The second stage for a person's candidates."""

    def __call__(
        self, generation: Generation, person: EncodedPerson, candidates: Sequence[Candidate]
    ) -> Sequence[Candidate]:
        """The same candidates in a better order, best first, with the scores that say so."""
        ...


@dataclass(frozen=True)
class Stages:
    """How one list is made from one generation.

    retrieve: the candidates, at least `needed` of them where there are so many. rank: puts them in order; None where
    the order of the retrieval stands. rerank: makes of them the list of at most k that a person gets.
    """

    retrieve: Fetch
    rerank: Callable[[Sequence[Candidate]], list[Candidate]]
    rank: Callable[[Sequence[Candidate]], Sequence[Candidate]] | None = None
    needed: int = 0


Retrieval: TypeAlias = Callable[[Generation], Stages]
"""The stages of a request for the generation that answers it."""
