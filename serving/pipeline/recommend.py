"""Recommendations for a person."""

from collections.abc import Sequence
from dataclasses import replace

from serving.live import Generation
from serving.pipeline.answers import Answer, Candidate, Source, interleave
from serving.pipeline.assemble import Assemble
from serving.pipeline.encode import EncodeUser
from serving.pipeline.profile import ReadProfile
from serving.pipeline.requests import Person, Selection
from serving.pipeline.rerank import Fetch
from serving.pipeline.retrieve import RetrieveNearest, RetrievePopular
from serving.pipeline.timing import Stopwatch


class Recommend:
    """Profile, vector, nearest items. A person without history gets popular items and personal ones in turn."""

    def __init__(
        self,
        read_profile: ReadProfile,
        encode: EncodeUser,
        nearest: RetrieveNearest,
        popular: RetrievePopular,
        assemble: Assemble,
    ) -> None:
        self._read_profile = read_profile
        self._encode = encode
        self._nearest = nearest
        self._popular = popular
        self._assemble = assemble

    def __call__(self, person: Person, selection: Selection) -> Answer:
        """A list without anything that the person has seen; an unknown user is no error."""
        watch = Stopwatch()
        with watch.stage("profile"):
            profile = self._read_profile(person)
        unseen = replace(selection, exclude=selection.exclude | profile.seen)

        def retrieval(generation: Generation) -> Fetch:
            with watch.stage("encode"):
                vector = self._encode(generation, profile)

            def fetch(limit: int) -> Sequence[Candidate]:
                near = self._nearest.to_vector(generation.collection, vector, Source.PERSONAL, limit, unseen)
                return near if profile.history else list(interleave(self._popular(limit, unseen), near))

            return fetch

        def fallback(limit: int) -> Sequence[Candidate]:
            return self._popular(limit, unseen)

        return self._assemble(unseen, watch, retrieval, fallback, profile.unknown_items)
