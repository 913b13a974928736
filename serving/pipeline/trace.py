"""One item's way through the stages: what brought it into a person's list, or where it fell."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, TypeVar

from pharos.indexing.filters import AllOf, AnyOf, Condition, Filter, NoneOf, Outside
from pharos.indexing.index import VectorIndex
from pharos.serving.errors import UnknownItem
from pharos.serving.index_sync.live_index import Generation
from pharos.serving.index_sync.variants import Variants
from pharos.serving.pipeline.answers import RETRIEVED, AnswerItem, Source
from pharos.serving.pipeline.candidates import RetrieveCandidates
from pharos.serving.pipeline.profile import ReadProfile
from pharos.serving.pipeline.recommend import Recommend
from pharos.serving.pipeline.requests import Person, Selection
from pharos.serving.pipeline.rules import Rules
from pharos.serving.pipeline.steps import Steps
from pharos.serving.store import ItemRecord, Store

_T = TypeVar("_T")

_BY: Final = {Source.PERSONAL: "taste", Source.NEIGHBOURS: "company", Source.CONTENT: "content"}


class Outcome(StrEnum):
    """What became of an item at a stage."""

    PASSED = "passed"
    FELL = "fell"
    SKIPPED = "skipped"  # it had fallen before


@dataclass(frozen=True)
class StageTrace:
    """One stage. detail: a sentence for people."""

    stage: str
    outcome: Outcome
    detail: str


@dataclass(frozen=True)
class Trace:
    """stages: in their order. fell_at: the stage at which the item fell. listed: the item as the list has it, or None.

    title: the item's. k: the length of the list.
    """

    item_id: str
    title: str
    stages: tuple[StageTrace, ...]
    fell_at: str | None
    listed: AnswerItem | None
    k: int
    bundle: str
    collection: str
    variant: str | None

    @property
    def summary(self) -> str:
        """The outcome as a sentence."""
        if self.listed is not None:
            return f"It is at place {self.listed.rank} of the list."
        fell = next(stage for stage in self.stages if stage.outcome is Outcome.FELL)
        return f"It is not in the list of {self.k}: {fell.detail[:1].lower()}{fell.detail[1:]}"


class TraceItem:
    """Makes the list as `Recommend` does, and tells of one item what each stage did with it."""

    def __init__(
        self,
        store: Store,
        index: VectorIndex,
        variants: Variants,
        read_profile: ReadProfile,
        candidates: RetrieveCandidates,
        rules: Rules,
        recommend: Recommend,
    ) -> None:
        self._store = store
        self._index = index
        self._variants = variants
        self._read_profile = read_profile
        self._candidates = candidates
        self._rules = rules
        self._recommend = recommend

    def __call__(self, person: Person, item_id: str, selection: Selection) -> Trace:
        """Raises UnknownItem; NotReady and what the index raises where they cannot answer: there is nothing to tell."""
        record = self._store.items([item_id]).get(item_id)
        if record is None:
            raise UnknownItem(item_id)
        variant, live = self._variants.choose(person.user_id, selection.variant)
        generation = live.current()
        steps = Steps()
        answer = self._recommend(person, replace(selection, explain=True), steps)
        listed = next((item for item in answer.items if item.item_id == item_id), None)
        stages, fell = list[StageTrace](), False
        for stage, passed, detail in self._told(generation, person, record, selection, steps, listed):
            outcome = Outcome.SKIPPED if fell else Outcome.PASSED if passed else Outcome.FELL
            stages.append(StageTrace(stage, outcome, "Not reached." if fell else detail))
            fell = fell or not passed
        return Trace(
            item_id=item_id,
            title=record.title,
            stages=tuple(stages),
            fell_at=next((stage.stage for stage in stages if stage.outcome is Outcome.FELL), None),
            listed=listed,
            k=selection.k,
            bundle=generation.bundle.id,
            collection=generation.collection,
            variant=variant or None,
        )

    def _told(
        self,
        generation: Generation,
        person: Person,
        record: ItemRecord,
        selection: Selection,
        steps: Steps,
        listed: AnswerItem | None,
    ) -> Iterator[tuple[str, bool, str]]:
        """Name, whether the item passed, and a sentence, for each stage."""
        yield "eligible", *self._eligible(generation, record)
        yield "filter", *self._filtered(record, selection.filter)
        yield "unseen", *self._unseen(person, record.item_id, selection)
        filled = listed is not None and record.item_id not in steps.listed
        if filled:
            yield "list", True, "No source brought it, but there was room: popular items fill the list up."
            return
        yield "retrieved", *self._retrieved(record.item_id, selection, steps)
        yield "ranked", True, _ranked(record.item_id, steps)
        yield "rules", True, self._ruled(record.item_id, steps)
        yield "diversity", *_chosen(record.item_id, selection, steps)
        yield "new items", *_kept(record.item_id, steps.chosen, steps.with_new, "an item with a place for new ones")
        yield "list", *_kept(record.item_id, steps.with_new, steps.listed, "an item that a rule pins")

    def _eligible(self, generation: Generation, record: ItemRecord) -> tuple[bool, str]:
        if not record.available:
            return False, "It is marked as not available, so nobody gets it."
        if not record.shown_at(time.time()):
            return False, "It is not shown at this time: see its available_from and available_until."
        held = self._index.fetch(generation.collection, [record.item_id], with_vectors=(), with_payload=False)
        if record.item_id not in held:
            return False, f"The live collection {generation.collection} does not hold it yet."
        known = record.item_id in generation.bundle.known_items
        return True, f"It is available and indexed; training {'saw it' if known else 'did not see it, so it is cold'}."

    def _filtered(self, record: ItemRecord, filter: Filter) -> tuple[bool, str]:
        if not filter.conditions:
            return True, "There is no filter."
        for condition in filter.conditions:
            if not self._store.matching([record.item_id], Filter((condition,))):
                has = record.features.get(condition.field, record.item_id if condition.field == "item_id" else None)
                return False, f"The filter wants {_words(condition)}, and it has {_value(has)}."
        return True, "It passes the filter."

    def _unseen(self, person: Person, item_id: str, selection: Selection) -> tuple[bool, str]:
        if person.user_id is not None:
            user = self._store.user(person.user_id)
            if user and item_id in user.ignored:
                return False, "The person has it on the list of ignored items."
        if item_id in self._read_profile(person).seen:
            return False, "The person has had it already."
        if item_id in selection.exclude:
            return False, "The request excludes it."
        return True, "The person has not had it."

    def _retrieved(self, item_id: str, selection: Selection, steps: Steps) -> tuple[bool, str]:
        if steps.search is None:
            return False, "Nothing was retrieved: the index or the bundle could not answer."
        asked = self._candidates.ask(
            steps.search.generation, steps.search.person, steps.limit, steps.search.selection, with_vectors=False
        )
        (number,) = self._index.numbers.of_items([item_id]).tolist()
        places = [_place(hits.items.tolist(), number) for hits in asked.lists]
        parts = [
            f"{_BY[source]} has it at {place}" if place else f"{_BY[source]} not among its first {len(hits)}"
            for source, place, hits in zip(RETRIEVED, places, asked.lists, strict=True)
            if hits
        ]
        place = _place([candidate.item_id for candidate in steps.found], item_id)
        by_source = "; ".join(parts) if any(places) else "no source has it among its first"
        if place:
            return True, f"It is candidate {place} of {len(steps.found)}: {by_source}."
        if item_id in steps.listed:
            return True, f"It is not among the {len(steps.found)} candidates ({by_source}), but has a place of its own."
        return False, f"It is not among the {len(steps.found)} candidates that go on: {by_source}."

    def _ruled(self, item_id: str, steps: Steps) -> str:
        rules = self._rules.of_item(item_id)
        if not rules:
            return "No business rule is about it."
        did = [
            f"{' and '.join(rule.when)}: {'pinned' if rule.pin else 'lifted' if rule.boost else 'lowered'}"
            for rule in rules
        ]
        before = _place([candidate.item_id for candidate in steps.ranked], item_id)
        after = _place(steps.ruled, item_id)
        moved = f" It moved from place {before} to {after}." if before and after and before != after else ""
        return f"Rules about it: {'; '.join(did)}.{moved}"


def _ranked(item_id: str, steps: Steps) -> str:
    before = _place([candidate.item_id for candidate in steps.found], item_id)
    place = _place([candidate.item_id for candidate in steps.ranked], item_id)
    if place is None:
        return "It was not ranked: it has a place of its own."
    candidate = steps.ranked[place - 1]
    if not candidate.ranked:
        return f"The order of the retrieval stands: place {place}."
    of = len(steps.ranked)
    return f"The ranking model puts it at place {place} of {of}, from {before}; score {candidate.score:.3f}."


def _chosen(item_id: str, selection: Selection, steps: Steps) -> tuple[bool, str]:
    place, chosen = _place(steps.ruled, item_id), _place(steps.chosen, item_id)
    if chosen:
        pulled = f" It was at place {place} before." if place != chosen else ""
        return True, f"{'Diversity leaves it' if selection.diversity else 'It is'} at place {chosen}.{pulled}"
    if item_id in steps.listed or item_id in steps.with_new:
        return True, "It is not chosen here, but has a place of its own."
    if place is None:
        return False, "It was not among the candidates."
    if selection.diversity and place <= selection.k:
        return (
            False,
            f"It was at place {place}; diversity {selection.diversity:g} prefers items less like those before it.",
        )
    return False, f"It is at place {place}, and the list has {selection.k}."


def _kept(item_id: str, before: Sequence[str], after: Sequence[str], pusher: str) -> tuple[bool, str]:
    now = _place(after, item_id)
    if now:
        return True, f"It is at place {now}."
    if item_id in before:
        return False, f"It was at place {_place(before, item_id)}, and {pusher} pushed it out."
    return True, "It gets a place after this."


def _place(listed: Sequence[_T], item: _T) -> int | None:
    """From 1; None where it is not there."""
    return listed.index(item) + 1 if item in listed else None


def _words(condition: Condition) -> str:
    if isinstance(condition, AnyOf | AllOf | NoneOf):
        word = {AnyOf: "any", AllOf: "all", NoneOf: "none"}[type(condition)]
        return f"{condition.field} with {word} of {', '.join(map(str, condition.values))}"
    if isinstance(condition, Outside):
        return f"not {_words(condition.range)}"
    bounds = {"at least": condition.gte, "at most": condition.lte, "more than": condition.gt, "less than": condition.lt}
    told = " and ".join(f"{word} {bound:g}" for word, bound in bounds.items() if bound is not None)
    return f"{condition.field} {told}"


def _value(value: object) -> str:
    if value is None:
        return "none"
    return ", ".join(map(str, value[:12])) if isinstance(value, list) else str(value)
