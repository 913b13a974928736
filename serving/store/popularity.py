"""Popular items, by event counts."""

from collections.abc import Mapping

from sqlalchemy import Connection, Float, case, cast, func, literal, select

from pharos.indexing.filters import Filter
from pharos.serving.store.filter_sql import matches
from pharos.serving.store.records import PopularItem
from pharos.serving.store.shown import shown_now
from pharos.serving.store.tables import item_counts, items


def popular(connection: Connection, limit: int, filter: Filter, weights: Mapping[str, float]) -> list[PopularItem]:
    """Available items that pass the filter, the most popular first; items without events come last.

    With ratings the score is the weighted rating that IMDb has published for its top list,
    v/(v+m) * R + m/(v+m) * C, where R and v are the item's mean and count of ratings, C is the mean of all ratings, and
    m, the count at which an item's own mean weighs as much as C, is the mean count of ratings per rated item
    (https://help.imdb.com/article/imdb/track-movies-tv/ratings-faq/G67Y87TFYYP6TWAV). Without ratings it is the
    count of events, each type by its weight in `weights`.
    """
    rated, ratings, rating_sum = connection.execute(
        select(
            func.count(func.distinct(item_counts.c.item_id)),
            func.coalesce(func.sum(item_counts.c.rated), 0),
            func.coalesce(func.sum(item_counts.c.value_sum), 0.0),
        ).where(item_counts.c.rated > 0)
    ).one()
    weight = case(*((item_counts.c.type == name, literal(value)) for name, value in weights.items()), else_=0.0)
    counts = (
        select(
            item_counts.c.item_id,
            func.sum(item_counts.c.events * weight).label("weight"),
            cast(func.sum(item_counts.c.rated), Float).label("rated"),
            func.sum(item_counts.c.value_sum).label("value_sum"),
        )
        .group_by(item_counts.c.item_id)
        .subquery()
    )
    weight_or_zero = func.coalesce(counts.c.weight, 0.0)
    rated_or_zero = func.coalesce(counts.c.rated, 0.0)
    score = weight_or_zero
    if ratings:
        # PostgreSQL sums whole numbers to a Decimal.
        prior = float(ratings) / rated
        score = (func.coalesce(counts.c.value_sum, 0.0) + rating_sum / rated) / (rated_or_zero + prior)
    query = (
        select(items.c.id, score)
        .select_from(items.outerjoin(counts, counts.c.item_id == items.c.id))
        .where(shown_now(), matches(connection.dialect.name, filter))
        # An item without ratings would have the score C, and rank above all items rated below the mean.
        .order_by((rated_or_zero > 0).desc(), score.desc(), weight_or_zero.desc(), items.c.id)
        .limit(limit)
    )
    return [PopularItem(item_id, float(value)) for item_id, value in connection.execute(query)]
