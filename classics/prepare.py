"""Prepares a data set for methods: codes, sequences and documents."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from pharos.classics.base import Classic
from pharos.classics.catalogue import Catalogue
from pharos.classics.data import Need, RankingData, RatingData, Sequences, Vectors
from pharos.classics.documents import documents
from pharos.classics.errors import Unfit
from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset

EmbedItems = Callable[[Dataset], Vectors]
"""A text model: float32 [items, d] of the items of a data set, in the order of its table."""


def ranking_data(
    method: Classic | type[Classic], known: Dataset, fitted: Dataset, embed_items: EmbedItems | None = None
) -> RankingData:
    """The input of a ranking method: `fitted` to fit on, `known` as histories; one object where both are the same.

    embed_items: None where there is no text model. Raises Unfit where the data lack what the method needs.
    """
    needs, catalogue = method.needs, Catalogue.of(known)
    texts = documents(known) if Need.DOCUMENTS in needs else ()
    vectors = embed_items(known) if Need.TEXT_VECTORS in needs and embed_items else None
    data = RankingData(catalogue.matrix(fitted.interactions), texts, vectors, _sequences(fitted, catalogue))
    if fitted is not known:
        later = catalogue.matrix(known.interactions), _sequences(known, catalogue)
        data = replace(data, asked=later[0], asked_sequences=later[1])
    if lacking := data.lacks(needs):
        raise Unfit(f"{method.name} needs {' and '.join(lacking)}, and {known.name} has none")
    return data


def rating_data(known: Dataset) -> RatingData:
    """The ratings of a data set. Raises Unfit where it has none."""
    catalogue, events = Catalogue.of(known), known.interactions
    if not known.schema.has_rating or events.empty:
        raise Unfit(f"a method that predicts ratings needs them, and {known.name} has none")
    return RatingData(
        catalogue.user_codes(events[Columns.USER]),
        catalogue.item_codes(events[Columns.ITEM]),
        events[Columns.RATING].to_numpy(np.float64),
        len(catalogue.users),
        len(catalogue.items),
    )


def _sequences(dataset: Dataset, catalogue: Catalogue) -> Sequences | None:
    """The events in order; None for data without timestamps."""
    if not dataset.schema.has_timestamp:
        return None
    events = dataset.interactions
    return Sequences(catalogue.user_codes(events[Columns.USER]), catalogue.item_codes(events[Columns.ITEM]))
