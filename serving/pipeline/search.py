"""Items that a text asks for, by name or by meaning."""

from collections.abc import Sequence
from typing import Final

from serving.live import Generation
from serving.pipeline.answers import Answer, Candidate, Source
from serving.pipeline.assemble import Assemble
from serving.pipeline.requests import Selection
from serving.pipeline.retrieve import RetrieveNearest
from serving.pipeline.stages import Stages
from serving.pipeline.timing import Stopwatch
from serving.store import Store, TitleMatch

_EXACT: Final = 1.0
_LEADS: Final = 0.75
_HOLDS: Final = 0.5


class Search:
    """Titles that the text names come first, then what means the same.

    Exact titles all count; those that merely hold the words fill at most half of the list, for "love" is a wish as well
    as a word of many titles.
    """

    def __init__(self, store: Store, nearest: RetrieveNearest, assemble: Assemble) -> None:
        self._store = store
        self._nearest = nearest
        self._assemble = assemble

    def __call__(self, text: str, selection: Selection) -> Answer:
        """The list for a text. Where there is no text model it holds titles only."""
        watch = Stopwatch()
        with watch.stage("titles"):
            titles = self._titles(text, selection)

        def retrieval(generation: Generation) -> Stages:
            if not generation.bundle.text_dimensions:
                return self._assemble.plain(fallback, selection)
            with watch.stage("encode"):
                vector = generation.bundle.embed_text([text])[0]
            exact = [title for title in titles if title.score == _EXACT]
            named = titles[: max(len(exact), selection.k // 2)]

            def fetch(limit: int) -> Sequence[Candidate]:
                near = self._nearest.to_vector(generation.collection, vector, Source.TEXT, limit, selection)
                return [*named, *near]

            return self._assemble.plain(fetch, selection)

        def fallback(limit: int) -> Sequence[Candidate]:
            return titles[:limit]

        return self._assemble(selection, watch, retrieval, fallback)

    def _titles(self, text: str, selection: Selection) -> list[Candidate]:
        matches = self._store.find_titles(text, selection.k + len(selection.exclude), selection.filter)
        return [Candidate(match.item_id, _score(match), Source.TITLE) for match in matches]


def _score(match: TitleMatch) -> float:
    if match.exact:
        return _EXACT
    return _LEADS if match.leads else _HOLDS
