"""Recommendations for a person: retrieve, rank, re-rank."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from pharos.indexing.filters import Filter
from pharos.serving.index_sync.live_index import Generation
from pharos.serving.pipeline.answers import Answer, Candidate, Source, interleave
from pharos.serving.pipeline.assemble import Assemble
from pharos.serving.pipeline.candidates import RetrieveCandidates
from pharos.serving.pipeline.encode import EncodeUser
from pharos.serving.pipeline.popular import RetrievePopular
from pharos.serving.pipeline.profile import ReadProfile
from pharos.serving.pipeline.rank import TellMore
from pharos.serving.pipeline.requests import Person, Selection
from pharos.serving.pipeline.rerank import Rerank
from pharos.serving.pipeline.stages import Rank, Stages
from pharos.serving.pipeline.timing import Stopwatch


class Recommend:
    """What all sources find for a person, ranked and re-ranked.

    A person without history gets popular items and personal ones in turn. rank: None where the order of the retrieval
    stands.
    """

    def __init__(
        self,
        read_profile: ReadProfile,
        encode: EncodeUser,
        candidates: RetrieveCandidates,
        popular: RetrievePopular,
        rerank: Rerank,
        assemble: Assemble,
        tell: TellMore,
        rank: Rank | None = None,
    ) -> None:
        self._read_profile = read_profile
        self._encode = encode
        self._candidates = candidates
        self._popular = popular
        self._rerank = rerank
        self._assemble = assemble
        self._tell = tell
        self._rank = rank

    def __call__(self, person: Person, selection: Selection) -> Answer:
        """A list without anything that the person has seen; an unknown user is no error."""
        watch = Stopwatch()
        with watch.stage("profile"):
            profile = self._read_profile(person)
        unseen = replace(selection, exclude=selection.exclude | profile.seen)

        def retrieval(generation: Generation) -> Stages:
            with watch.stage("encode"):
                encoded = self._encode(generation, profile)

            # The ranker reads them, diversity too.
            with_vectors = self._rank is not None or unseen.diversity > 0

            def near(limit: int, filter: Filter, source: Source | None) -> list[Candidate]:
                passing = replace(unseen, filter=filter)
                return self._candidates(generation, encoded, limit, passing, source=source, with_vectors=with_vectors)

            def retrieve(limit: int) -> Sequence[Candidate]:
                found = near(limit, unseen.filter, None)
                return found if encoded.query.history else list(interleave(self._popular(limit, unseen), found))

            return Stages(
                retrieve,
                rank=partial(self._rank, generation, encoded) if self._rank else None,
                rerank=lambda candidates: self._tell(
                    generation,
                    encoded,
                    self._rerank(generation.collection, candidates, unseen, near),
                    explain=selection.explain,
                ),
                needed=self._rerank.needed(unseen),
            )

        def fallback(limit: int) -> Sequence[Candidate]:
            return self._popular(limit, unseen)

        return self._assemble(unseen, watch, retrieval, fallback, profile.unknown_items)
