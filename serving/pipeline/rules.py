"""Business rules, applied to candidates."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pharos.indexing.filters import Filter
from pharos.indexing.index import FloatArray
from pharos.ingest.schema import Schema
from pharos.serving.errors import SettingsError
from pharos.serving.pipeline.answers import Candidate
from pharos.serving.pipeline.candidates import PersonSearch
from pharos.serving.pipeline.eligible import Eligible
from pharos.serving.pipeline.requests import Selection
from pharos.serving.rule_settings import Rule, conditions
from pharos.serving.store import Store

logger = logging.getLogger(__name__)

_SPARE: Final = 10


@dataclass(frozen=True)
class _Compiled:
    """The rules as they are applied.

    fitting: every rule with its filter. lifts: what each filter's items gain or lose. pins: place and filter, first
    places first.
    """

    fitting: tuple[tuple[Rule, Filter], ...] = ()
    lifts: tuple[tuple[Filter, float], ...] = ()
    pins: tuple[tuple[int, Filter], ...] = ()


class Rules:
    """The rules of the settings, checked against the features of the items.

    Raises SettingsError for a rule about a feature that no item has. A store before its first import knows no features,
    so its rules are checked when they are first needed; one that does not fit then is logged and left out.
    """

    def __init__(self, store: Store, rules: tuple[Rule, ...]) -> None:
        self._store = store
        self._rules = rules
        self._compiled: _Compiled | None = None
        schema = store.schema() if rules else Schema()
        if not rules or schema != Schema():
            self._compiled = _compile(rules, schema)

    @property
    def weigh(self) -> bool:
        """Whether any rule lifts or lowers items."""
        return bool(self._current().lifts)

    def weights(self, item_ids: Sequence[str]) -> FloatArray:
        """What the rules add to the relevance of each item: float32 [n]."""
        weights = np.zeros(len(item_ids), np.float32)
        for filter, lift in self._current().lifts:
            matching = self._store.matching(item_ids, filter)
            weights += np.float32(lift) * np.array([item_id in matching for item_id in item_ids], np.float32)
        return weights

    def of_item(self, item_id: str) -> list[Rule]:
        """The rules whose conditions an item fulfils."""
        return [rule for rule, filter in self._current().fitting if self._store.matching([item_id], filter)]

    def pinned(self, selection: Selection, search: PersonSearch, eligible: Eligible) -> dict[int, Candidate]:
        """The items with a fixed place in a list, by place: of each rule the person's best candidate."""
        pinned: dict[int, Candidate] = {}
        for place, filter in self._current().pins:
            if place > selection.k or place in pinned:
                continue
            taken = selection.exclude | {candidate.item_id for candidate in pinned.values()}
            found = search.best(_SPARE, selection.filter & filter)
            best = eligible(found, taken, 1)
            if best:
                pinned[place] = best[0]
        return pinned

    def _current(self) -> _Compiled:
        if self._compiled is not None:
            return self._compiled
        schema = self._store.schema()
        if schema == Schema():
            return _Compiled()
        fitting = []
        for rule in self._rules:
            try:
                conditions((rule,), schema)
            except SettingsError as error:
                logger.error("a rule is left out: %s", error)
            else:
                fitting.append(rule)
        self._compiled = _compile(tuple(fitting), schema)
        return self._compiled


def _compile(rules: tuple[Rule, ...], schema: Schema) -> _Compiled:
    pairs = list(zip(rules, conditions(rules, schema), strict=True))
    pins = sorted((rule.pin, place) for place, (rule, _) in enumerate(pairs) if rule.pin is not None)
    return _Compiled(
        fitting=tuple(pairs),
        lifts=tuple((filter, rule.lift) for rule, filter in pairs if rule.pin is None),
        pins=tuple((pin, pairs[place][1]) for pin, place in pins),
    )
