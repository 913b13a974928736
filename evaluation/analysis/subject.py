"""The subject of an analysis: a bundle and a catalogue, with item vectors and event counts."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from pharos.evaluation.errors import EvaluationError
from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.ingest.schema import Feature
from pharos.towers.bundle.bundle import Bundle
from pharos.towers.text.documents import documents

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]

_MOST_ITEMS = 50_000


class AnalysisSettings(BaseModel):
    """Settings of an analysis."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    factors: int = Field(6, ge=1, le=20, description="principal components of the item vectors")
    items: tuple[str, ...] = Field((), max_length=50, description="items whose neighbours are shown; else popular ones")
    label: str | None = Field(None, description="category or tags feature that colours the map of items")
    number: str | None = Field(None, description="number feature that colours the map of items")
    map_items: int = Field(2000, ge=10, le=20_000, description="items on the map, those with most events")
    map_users: int = Field(1000, ge=10, le=20_000, description="users on the map, drawn at random")
    lists: int = Field(200, ge=100, le=5000, description="held-out lists that the ranker is judged on")
    seed: int = Field(0, ge=0, le=2**32 - 1, description="random seed")


@dataclass(frozen=True)
class Subject:
    """A bundle with the n items of a catalogue.

    text: float32 [n, t], the documents' vectors, None where the bundle reads none; vectors: float32 [n, d], of length
    1; events: int64 [n], interactions of each item in the data set.
    """

    bundle: Bundle
    dataset: Dataset
    settings: AnalysisSettings
    text: Floats | None
    vectors: Floats
    events: Numbers

    @classmethod
    def of(cls, bundle: Bundle, dataset: Dataset, settings: AnalysisSettings) -> Self:
        """Encode the items of a data set. Raises EvaluationError where they lack a feature that the bundle reads."""
        _check_features(bundle, dataset)
        items, counted = dataset.items, dataset.interactions[Columns.ITEM].value_counts()
        events = np.asarray(counted.reindex(items[Columns.ITEM]).fillna(0), np.int64)
        if not len(items):
            raise EvaluationError(f"data set {dataset.name!r} has no items: there is nothing to analyse")
        if len(items) > _MOST_ITEMS:
            kept = np.sort(np.argsort(-events, kind="stable")[:_MOST_ITEMS])
            items, events = items.iloc[kept].reset_index(drop=True), events[kept]
            inside = dataset.interactions[Columns.ITEM].isin(items[Columns.ITEM])
            interactions = dataset.interactions[inside].reset_index(drop=True)
            dataset = Dataset(dataset.name, interactions, items, dataset.users, dataset.schema)
        text = None
        if bundle.text_dimensions:
            text = bundle.embed_text(documents(items, bundle.schema.items))
        return cls(bundle, dataset, settings, text, bundle.towers.item_vectors(items, text), events)

    def __len__(self) -> int:
        """Count of items."""
        return len(self.vectors)

    @cached_property
    def titles(self) -> list[str]:
        """The items' titles in one line each; the id where there is no title."""
        pairs = zip(self.dataset.items[Columns.TITLE], self.ids, strict=True)
        return [" ".join(str(title).split()) or item for title, item in pairs]

    @cached_property
    def ids(self) -> list[str]:
        """The items' ids."""
        return [str(item) for item in self.dataset.items[Columns.ITEM]]

    @cached_property
    def known(self) -> npt.NDArray[np.bool_]:
        """Which items were seen in training: bool [n]."""
        return np.asarray(self.bundle.towers.spec.items.codes(self.ids) > 0)

    @cached_property
    def popular(self) -> Numbers:
        """Rows of the items with an event (of all where none has one), most events first: int64 [any]."""
        order = np.argsort(-self.events, kind="stable").astype(np.int64)
        return order[self.events[order] > 0] if self.events.any() else order

    @cached_property
    def all_identical(self) -> bool:
        """Whether all vectors are the same: towers that learnt nothing, on items without features."""
        return bool(np.abs(self.vectors - self.vectors[0]).max() < 1e-6)

    def feature(self, name: str) -> Feature:
        """The item feature of this name; EvaluationError where there is none."""
        for feature in self.dataset.schema.items:
            if feature.name == name:
                return feature
        known = ", ".join(feature.name for feature in self.dataset.schema.items) or "none"
        raise EvaluationError(f"the items have no feature {name!r}; there are: {known}")

    def row(self, item_id: str) -> int:
        """The row of an item; EvaluationError for an unknown one."""
        row = int(pd.Index(self.ids).get_indexer(pd.Index([item_id]))[0])
        if row < 0:
            raise EvaluationError(f"there is no item {item_id!r} in data set {self.dataset.name!r}")
        return row


def _check_features(bundle: Bundle, dataset: Dataset) -> None:
    """Raise EvaluationError where the data set lacks a feature of the bundle."""
    for kind, read, there in (
        ("items", bundle.schema.items, dataset.schema.items),
        ("users", bundle.schema.users, dataset.schema.users),
    ):
        types = {feature.name: feature.type for feature in there}
        for feature in read:
            if types.get(feature.name) != feature.type:
                found = f"is {types[feature.name]}" if feature.name in types else "is missing"
                raise EvaluationError(
                    f"bundle {bundle.id} reads the feature {feature.name!r} of {kind} as {feature.type}, which {found} "
                    f"in data set {dataset.name!r}; give the data that it was trained on with --data"
                )
