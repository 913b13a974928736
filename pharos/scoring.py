"""Scores of given items for a user, and their explanation; the same scores as in recommendations."""

from dataclasses import dataclass

import numpy as np

from pharos.catalogue import Rows
from pharos.people import Profile
from pharos.pipeline import Found, Merged, Pipeline
from pharos.stages import CANDIDATES, RETRIEVED, EncodedPerson, Source
from pharos.towers.content.products import products
from pharos.towers.ranking.features import attention
from pharos.towers.ranking.ranker import rank_query
from pharos.towers.sources.merging import SOURCES, Floats, scaled_like


@dataclass(frozen=True)
class Scores:
    """Of n items: score float32 [n]; source: the one that contributes most to each; rating float64 [n] or None."""

    score: Floats
    source: tuple[Source, ...]
    rating: np.ndarray | None


def score_items(pipeline: Pipeline, profile: Profile, rows: Rows) -> tuple[Scores, EncodedPerson]:
    """Scores of items, whether or not they would be retrieved; items that the user has are allowed.

    What would be retrieved has the score that it has in a list; the others are brought to the scale of what the sources
    find, and ranked together with it.
    """
    (found,) = pipeline.retrieve([profile], [profile.seen], None, CANDIDATES)
    listed = found.merged.first(CANDIDATES)
    others = np.setdiff1d(rows, listed.rows)
    exact = _exact_scores(pipeline, profile, found, others)
    scores = _ranked(pipeline, found.person, listed)
    if len(others):
        scores = _ranked(pipeline, found.person, _with(listed, exact)) | scores
    leading = dict(zip(listed.rows.tolist(), listed.leading.tolist(), strict=True))
    leading |= dict(zip(exact.rows.tolist(), exact.leading.tolist(), strict=True))
    ids = [pipeline.catalogue.ids[row] for row in rows.tolist()]
    ratings = pipeline.bundle.predict_ratings(found.person.query, ids, pipeline.retriever.vectors[rows])
    told = Scores(
        np.array([scores[row] for row in rows.tolist()], np.float32),
        tuple(RETRIEVED[leading[row]] for row in rows.tolist()),
        ratings,
    )
    return told, found.person


def past_shares(pipeline: Pipeline, person: EncodedPerson, row: int, source: Source) -> Floats:
    """The contribution of each past item to an item: float32 [history], summing to 1, or all zeros.

    For an item found by neighbours these are the weights from the past items to it; by content, the similarity of
    the contents; otherwise, the attention of the ranking model.
    """
    query, sources = person.query, pipeline.bundle.sources
    shares = np.zeros(len(query.history), np.float32)
    if not len(shares):
        return shares
    item = pipeline.catalogue.items.iloc[[row]]
    last = {event.item_id: place for place, event in enumerate(query.history)}
    if source is Source.NEIGHBOURS:
        weights = sources.ask_neighbours(query).multiply(sources.item_neighbours(item)).tocsr()
        for column, weight in zip(weights.indices.tolist(), weights.data.tolist(), strict=True):
            shares[last[sources.spec.items.ids[column]]] = max(weight, 0)
    elif source is Source.CONTENT:
        encode, features = sources.encoder.encode, sources.spec.schema.items
        past = pipeline.catalogue.rows([event.item_id for event in query.history])
        alike = products(encode(item, features), encode(pipeline.catalogue.items.iloc[past], features))[0]
        places = list(last.values())
        shares[places] = np.maximum(alike[places], 0)
    else:
        vectors = pipeline.retriever.vectors[[row]]
        attended = attention(rank_query(sources.spec, query, person.vector), vectors)[0]
        shares[len(shares) - len(attended) :] = attended
    return np.asarray(shares / max(float(shares.sum()), 1e-20), np.float32)


def _exact_scores(pipeline: Pipeline, profile: Profile, found: Found, rows: Rows) -> Merged:
    """Exact scores by each source for items that are not among the candidates; scores of candidates are kept."""
    parts = np.zeros((len(rows), SOURCES), np.float32)
    if len(rows):
        alone = np.zeros(len(pipeline.catalogue), bool)
        alone[rows] = True
        (raw,) = pipeline.retrieve([profile], [rows[:0]], alone, len(rows))
        for source, ((listed, values), (_, scores)) in enumerate(zip(raw.lists, found.lists, strict=True)):
            parts[np.searchsorted(rows, listed), source] = scaled_like(values, scores, source)
    known = dict(zip(found.merged.rows.tolist(), found.merged.parts, strict=True))
    for place, row in enumerate(rows.tolist()):
        parts[place] = known.get(row, parts[place])
    weights, new = pipeline.bundle.sources.weights, pipeline.retriever.new[rows]
    return Merged(rows, parts, weights.merged(parts, new), weights.leading(parts, new))


def _with(one: Merged, other: Merged) -> Merged:
    return Merged(
        np.concatenate([one.rows, other.rows]),
        np.concatenate([one.parts, other.parts]),
        np.concatenate([one.score, other.score]),
        np.concatenate([one.leading, other.leading]),
    )


def _ranked(pipeline: Pipeline, person: EncodedPerson, merged: Merged) -> dict[int, float]:
    """The score of each row."""
    (ranked,) = pipeline.rank([person], [merged])
    return dict(zip(ranked.rows.tolist(), ranked.score.tolist(), strict=True))
