"""Recommendations for a person, from the profile to the answer."""

from collections.abc import Iterator
from dataclasses import replace

from pharos.indexing.errors import OutdatedVectors
from pharos.indexing.turns import Turn
from pharos.serving.index_sync.live_index import UNAVAILABLE, Generation
from pharos.serving.index_sync.variants import Variants
from pharos.serving.pipeline.answers import Answer, Candidate, interleave
from pharos.serving.pipeline.candidates import Merged, PersonSearch, RetrieveCandidates
from pharos.serving.pipeline.details import AddDetails
from pharos.serving.pipeline.eligible import Eligible, widening
from pharos.serving.pipeline.encode import EncodeUser
from pharos.serving.pipeline.popular import RetrievePopular
from pharos.serving.pipeline.present import Present
from pharos.serving.pipeline.profile import Profile, ReadProfile
from pharos.serving.pipeline.rank import RankCandidates
from pharos.serving.pipeline.requests import Person, Selection
from pharos.serving.pipeline.rerank import Rerank
from pharos.serving.pipeline.steps import Steps
from pharos.serving.pipeline.timing import Stopwatch


class Recommend:
    """Retrieves candidates from all sources, ranks them, re-ranks them.

    rank: None to keep the order of retrieval. least: how many candidates are retrieved at least. turn: what a request
    holds while it is computed.
    """

    def __init__(
        self,
        variants: Variants,
        read_profile: ReadProfile,
        encode: EncodeUser,
        candidates: RetrieveCandidates,
        popular: RetrievePopular,
        rank: RankCandidates | None,
        rerank: Rerank,
        add_details: AddDetails,
        eligible: Eligible,
        present: Present,
        least: int,
        turn: Turn,
    ) -> None:
        self._variants = variants
        self._read_profile = read_profile
        self._encode = encode
        self._candidates = candidates
        self._popular = popular
        self._rank = rank
        self._rerank = rerank
        self._add_details = add_details
        self._eligible = eligible
        self._present = present
        self._least = least
        self._turn = turn

    def __call__(self, person: Person, selection: Selection, steps: Steps | None = None) -> Answer:
        """A list without items that the person has seen; popular items fill it up to k.

        An unknown user is no error. Where the index or the bundle is unavailable the whole list is popular items, and
        the answer says why. Where several variants are live, the user's one answers. steps: notes what each stage gave.
        """
        watch = Stopwatch()
        with watch.stage("profile"):
            profile = self._read_profile(person)
        selection = replace(selection, exclude=selection.exclude | profile.seen)
        variant, live = self._variants.choose(person.user_id, selection.variant)
        generation: Generation | None = None
        listed, reason = list[Candidate](), None
        try:
            generation = live.current()
            with self._turn.taken():
                try:
                    listed = self._personal(generation, profile, selection, watch, steps, confirmed=False)
                except OutdatedVectors:
                    listed = self._personal(generation, profile, selection, watch, steps, confirmed=True)
        except UNAVAILABLE as error:
            generation, reason = None, str(error)
        if len(listed) < selection.k:
            with watch.stage("fallback"):
                popular = self._popular(selection.k + len(listed), selection)
                listed = self._eligible([*listed, *popular], selection.exclude, selection.k)
        return self._present(
            listed, selection, watch, generation, variant=variant, reason=reason, unknown_items=profile.unknown_items
        )

    def _personal(
        self,
        generation: Generation,
        profile: Profile,
        selection: Selection,
        watch: Stopwatch,
        steps: Steps | None,
        *,
        confirmed: bool,
    ) -> list[Candidate]:
        """At most k candidates, ranked and re-ranked. confirmed: see VectorIndex.vectors.

        More are retrieved as long as too few remain. A person without history gets popular items and personal ones in
        turn.
        """
        with watch.stage("encode"):
            person = self._encode(generation, profile, confirmed=confirmed)
        # Ranking and diversity read the vectors of the candidates.
        with_vectors = self._rank is not None or selection.diversity > 0
        search = PersonSearch(self._candidates, generation, person, selection, with_vectors)
        for limit in widening(max(self._least, selection.k, self._rerank.needed(selection))):
            with watch.stage("retrieve"):
                found = search.merged(limit)
            ranked = found
            if self._rank is not None:
                with watch.stage("rank"):
                    ranked = self._rank(generation, person, found)
            with watch.stage("rerank"):
                popular = [] if person.query.history else self._popular(limit, selection)
                listed = self._rerank(self._listed(ranked, popular), selection, search, steps)
            if steps is not None:
                steps.retrieved(search, limit, [*self._listed(found, popular)], [*self._listed(ranked, popular)])
            if len(listed) >= selection.k or len(found) + len(popular) < limit:
                break
        with watch.stage("rerank"):
            return self._add_details(generation, person, listed, explain=selection.explain)

    def _listed(self, found: Merged, popular: list[Candidate]) -> Iterator[Candidate]:
        """The candidates as objects; for a person without history, who cannot be ranked for, with popular items."""
        candidates = self._candidates.candidates(found)
        return interleave(popular, candidates) if popular else candidates
