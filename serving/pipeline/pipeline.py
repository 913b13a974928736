"""The pipeline: one method per kind of request."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from pharos.classics.trending import ChartOrder
from pharos.indexing.index import VectorIndex
from pharos.indexing.turns import Turn
from pharos.ingest.unicode import nfc
from pharos.serving.errors import UnknownItem
from pharos.serving.index_sync.variants import Variants
from pharos.serving.pipeline.answers import Answer
from pharos.serving.pipeline.candidates import RetrieveCandidates
from pharos.serving.pipeline.charts import RetrieveChart
from pharos.serving.pipeline.details import AddDetails
from pharos.serving.pipeline.eligible import Eligible
from pharos.serving.pipeline.encode import EncodeUser
from pharos.serving.pipeline.explain import Explain
from pharos.serving.pipeline.item_map import DrawMap, MapOfItems
from pharos.serving.pipeline.new_items import NewItems
from pharos.serving.pipeline.popular import RetrievePopular
from pharos.serving.pipeline.present import Present
from pharos.serving.pipeline.preview import PersonPlace, Preview, PreviewItem
from pharos.serving.pipeline.profile import ReadProfile
from pharos.serving.pipeline.rank import RankCandidates
from pharos.serving.pipeline.recommend import Recommend
from pharos.serving.pipeline.requests import Person, Selection, SimilarMethod
from pharos.serving.pipeline.rerank import Rerank
from pharos.serving.pipeline.rules import Rules
from pharos.serving.pipeline.score import ItemScores, ScoreItems
from pharos.serving.pipeline.search import Search
from pharos.serving.pipeline.similar import FindSimilar
from pharos.serving.pipeline.timing import Stopwatch
from pharos.serving.pipeline.trace import Trace, TraceItem
from pharos.serving.pipeline.written_alike import FindWrittenAlike
from pharos.serving.settings import Settings
from pharos.serving.store import ItemRecord, Store

Observer: TypeAlias = Callable[[str, Answer], None]
"""Called with the kind of request and its answer."""


class Pipeline:
    """Builds the stages once and runs them for each request. Safe with threads.

    Raises SettingsError for a business rule that the items do not allow.
    """

    def __init__(
        self,
        store: Store,
        index: VectorIndex,
        variants: Variants,
        settings: Settings,
        observe: Observer | None = None,
    ) -> None:
        self._observe = observe
        self._store = store
        self._present = Present(store)
        self._popular = RetrievePopular(store, settings.popular_seconds)
        eligible = Eligible(store)
        retrieve = RetrieveCandidates(index, eligible)
        read_profile = ReadProfile(store, settings.max_history)
        new_items = NewItems(store, eligible, settings)
        rules = Rules(store, settings.rules)
        rerank = Rerank(index, eligible, rules, new_items)
        rank = RankCandidates() if settings.ranker else None
        encode = EncodeUser(index)
        details, least = AddDetails(Explain(store, index)), settings.candidates
        turn = Turn()
        self._recommend = Recommend(
            variants,
            read_profile,
            encode,
            retrieve,
            self._popular,
            rank,
            rerank,
            details,
            eligible,
            self._present,
            least,
            turn,
        )
        self._score = ScoreItems(index, variants, read_profile, encode, retrieve, settings)
        self._chart = RetrieveChart(store, eligible, settings.popular_seconds)
        written = FindWrittenAlike(store, eligible)
        self._similar = FindSimilar(
            variants, store, index, self._popular, eligible, self._present, written, least, turn
        )
        self._search = Search(variants, store, index, eligible, self._present, least)
        self._trace = TraceItem(store, index, variants, read_profile, retrieve, rules, self._recommend)
        self._variants = variants
        self._draw_map = DrawMap(store, index, settings.popular_seconds)
        self._preview = PreviewItem(
            store, index, variants, self._draw_map, read_profile, encode, self._present, eligible
        )

    def recommend(self, person: Person, selection: Selection) -> Answer:
        """Recommendations for a person; see `Recommend`."""
        return self._observed("recommend", self._recommend(person, selection))

    def score(self, person: Person, item_ids: Sequence[str]) -> ItemScores:
        """Scores of given items for a person; see `ScoreItems`."""
        return self._score(person, item_ids)

    def trace(self, person: Person, item_id: str, selection: Selection) -> Trace:
        """At which stage an item falls for a person, or what brings it into the list; see `TraceItem`."""
        return self._trace(person, nfc(item_id), selection)

    def map(self) -> MapOfItems:
        """The live catalogue in two dimensions; see `DrawMap`. Raises NotReady and what the index raises."""
        return self._draw_map(self._variants.first.current())

    def place(self, person: Person) -> PersonPlace:
        """Where a person stands in the map, and their past items."""
        return self._preview.place(person)

    def preview(self, title: str, features: Mapping[str, object], person: Person | None) -> Preview:
        """Where an item would stand that is not stored; see `PreviewItem`."""
        return self._preview(title, features, person)

    def similar(self, item_id: str, selection: Selection, method: SimilarMethod = SimilarMethod.BLEND) -> Answer:
        """Items similar to an item; see `FindSimilar`. Raises UnknownItem and NotOffered."""
        return self._observed("similar", self._similar(nfc(item_id), selection, method))

    def search(self, text: str, selection: Selection) -> Answer:
        """Items for a text query; see `Search`."""
        return self._observed("search", self._search(text, selection))

    def popular(self, selection: Selection, order: ChartOrder | None = None, since: str | None = None) -> Answer:
        """Popular items, from the store alone.

        order, since: a chart, see `RetrieveChart`, which raises NotOffered; in a window by count of events where no
        order is given. With neither of the two the list holds all items, see `RetrievePopular`.
        """
        watch = Stopwatch()
        with watch.stage("retrieve"):
            if order is None and since is None:
                candidates = self._popular(selection.k, selection)
            else:
                candidates = self._chart(order or ChartOrder.EVENTS, since, selection)
        return self._observed("popular", self._present(candidates, selection, watch))

    def item(self, item_id: str) -> ItemRecord:
        """An item as the store has it. Raises UnknownItem."""
        record = self._store.item(item_id)
        if record is None:
            raise UnknownItem(item_id)
        return record

    def _observed(self, name: str, answer: Answer) -> Answer:
        if self._observe:
            self._observe(name, answer)
        return answer
