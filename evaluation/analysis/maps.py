"""Maps of items and users: t-SNE of their vectors (van der Maaten and Hinton, 2008)."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from pharos.classics import extras
from pharos.evaluation.analysis.drawing import COLOURS, OTHER, SEQUENTIAL, bare, label_points, picture, steps
from pharos.evaluation.analysis.findings import Picture, Section, Table
from pharos.evaluation.analysis.metadata import LabelColours, NumberColours, label_colours, number_colours
from pharos.evaluation.analysis.subject import Floats, Subject
from pharos.ingest.columns import Columns
from pharos.ingest.sampling import sample_users
from pharos.towers.histories.histories import Histories

_ITEMS: Final = "Map of items"
_USERS: Final = "Map of users"
_LABELLED: Final = 28
_FEWEST: Final = 10
_PERPLEXITY: Final = 30.0
_ITERATIONS: Final = 600
_LEGEND: Final = "outside right upper"

Points = npt.NDArray[np.float64]


def item_map(subject: Subject) -> Section:
    """The items with most events as points in a plane, coloured by a label and by a number."""
    rows = subject.popular[: subject.settings.map_items]
    if len(rows) < 3 or subject.all_identical:
        return Section(_ITEMS, ("Fewer than three items, or all vectors are the same: there is no map.",))
    points, told = _placed(subject.vectors[rows], subject.settings.seed)
    which = "all items" if len(rows) == len(subject) else f"the {len(rows):,} items with most events"
    labels, numbers = label_colours(subject, rows), number_colours(subject, rows)
    told = f"{told} of the vectors of {which}; only nearness means something. Seed {subject.settings.seed}."
    titles = [subject.titles[row] for row in rows]
    table = pd.DataFrame(
        {"item_id": [subject.ids[row] for row in rows], "title": titles, "x": points[:, 0], "y": points[:, 1]}
    )
    pictures = []
    if labels is not None:
        table[labels.feature] = [labels.labels[code] if code >= 0 else "" for code in labels.codes]
        caption = f"{told} An item with several of these labels has the colour of the rarest."
        pictures.append(_by_label("item-map-by-label", _ITEMS, points, labels, caption, titles))
    if numbers is not None:
        table[numbers.feature] = numbers.values
        pictures.append(_by_number("item-map-by-number", _ITEMS, points, numbers, told, titles))
    if not pictures:
        plain = LabelColours("", [], np.full(len(rows), -1))
        pictures.append(_by_label("item-map", _ITEMS, points, plain, told, titles))
    written = Table("item-map", "Where each item stands on the map.", table, table.head(0))
    return Section(_ITEMS, (), tuple(pictures), (written,))


def user_map(subject: Subject) -> Section:
    """Users as points in a plane, coloured by their favourite label and by their event count."""
    everybody, seed = subject.dataset.interactions[Columns.USER], subject.settings.seed
    people = sample_users(everybody.unique(), subject.settings.map_users, seed)
    if len(people) < 3:
        return Section(_USERS, ("Fewer than three users have an event: there is no map.",))
    chosen = subject.dataset.interactions[everybody.isin(people)]
    queries = Histories(subject.dataset, chosen).queries(people, subject.vectors)
    vectors = subject.bundle.encode_users(queries)
    if np.abs(vectors - vectors[0]).max() < 1e-6:
        return Section(_USERS, ("All users have the same vector: there is no map.",))
    points, told = _placed(vectors, seed)
    counts = np.array([len(query.history) for query in queries], np.float64)
    told = f"{told} of the vectors of {len(people):,} users, who have at least one event. Seed {seed}."
    table = pd.DataFrame({"user_id": people, "x": points[:, 0], "y": points[:, 1], "events": counts.astype(np.int64)})
    pictures = []
    taste = _tastes(subject, people, chosen)
    if taste is not None:
        table[f"most_above_usual_{taste.feature}"] = [taste.labels[code] if code >= 0 else "" for code in taste.codes]
        caption = f"{told} The colour is the label whose share of the user's events is most above its share of all."
        pictures.append(_by_label("user-map-by-label", _USERS, points, taste, caption, []))
    if len(np.unique(counts)) > 1:
        bounds = [float(bound) for bound in np.unique(np.quantile(counts, np.linspace(0, 1, 7)))]
        events = NumberColours("events of the user", counts, bounds, years=False)
        pictures.append(_by_number("user-map-by-events", _USERS, points, events, told, []))
    if not pictures:
        plain = LabelColours("", [], np.full(len(people), -1))
        pictures.append(_by_label("user-map", _USERS, points, plain, told, []))
    written = Table("user-map", "Where each user stands on the map.", table, table.head(0))
    return Section(_USERS, (), tuple(pictures), (written,))


def _placed(vectors: Floats, seed: int) -> tuple[Points, str]:
    """Points [n, 2], and the method used: t-SNE, or PCA where there are too few vectors for it."""
    decomposition = extras.load("sklearn.decomposition")
    if len(vectors) < _FEWEST:
        points = decomposition.PCA(2, svd_solver="full", random_state=seed).fit_transform(vectors.astype(np.float64))
        return np.asarray(points), "First two principal components"
    perplexity = min(_PERPLEXITY, (len(vectors) - 1) / 3)
    tsne = extras.load("sklearn.manifold").TSNE(
        2, perplexity=perplexity, init="pca", max_iter=_ITERATIONS, random_state=seed
    )
    return np.asarray(tsne.fit_transform(vectors), np.float64), f"t-SNE (perplexity {perplexity:.0f})"


def _tastes(subject: Subject, people: list[str], chosen: pd.DataFrame) -> LabelColours | None:
    """For each user the label whose share of their events is furthest above its share of all these events."""
    labels = label_colours(subject, np.arange(len(subject)))
    if labels is None:
        return None
    code = labels.codes[pd.Index(subject.ids).get_indexer(pd.Index(chosen[Columns.ITEM]))]
    person = pd.Index(people).get_indexer(pd.Index(chosen[Columns.USER]))
    counts = np.zeros((len(people), len(labels.labels)))
    np.add.at(counts, (person[code >= 0], code[code >= 0]), 1)
    # Smoothing: everybody gets ten more events with the average labels.
    usual = counts.sum(axis=0) / max(counts.sum(), 1)
    shares = (counts + 10 * usual) / (counts.sum(axis=1, keepdims=True) + 10)
    lift = shares / np.maximum(usual, 1e-9)
    best = np.where(counts.sum(axis=1) > 0, lift.argmax(axis=1), -1)
    return LabelColours(labels.feature, labels.labels, best.astype(np.int64))


def _by_label(name: str, title: str, points: Points, colours: LabelColours, caption: str, titles: list[str]) -> Picture:
    def draw(figure: Any) -> None:
        axes = figure.add_subplot()
        size = _point_size(len(points))
        for code in range(-1, len(colours.labels)):
            own = colours.codes == code
            if own.any():
                label = colours.labels[code] if code >= 0 else "other"
                colour = COLOURS[code] if code >= 0 else OTHER
                axes.scatter(*points[own].T, s=size, color=colour, lw=0, label=f"{label} ({own.sum():,})", alpha=0.85)
        bare(axes)
        axes.set_title(f"{title}, by {colours.feature}" if colours.labels else title)
        if colours.labels:
            figure.legend(loc=_LEGEND, markerscale=min(6 / size**0.5, 3), title=colours.feature, alignment="left")
        label_points(axes, points[: len(titles)], titles, _LABELLED)

    return picture(name, caption, draw, height=5.6)


def _by_number(
    name: str, title: str, points: Points, numbers: NumberColours, caption: str, titles: list[str]
) -> Picture:
    def draw(figure: Any) -> None:
        axes = figure.add_subplot()
        size, known = _point_size(len(points)), np.isfinite(numbers.values)
        scale = extras.load("matplotlib.colors").BoundaryNorm(numbers.bounds, 256, clip=True)
        axes.scatter(*points[~known].T, s=size, color=OTHER, lw=0)
        painted = axes.scatter(
            *points[known].T, s=size, c=numbers.values[known], cmap=SEQUENTIAL, norm=scale, lw=0, alpha=0.9
        )
        bare(axes)
        axes.set_title(f"{title}, by {numbers.feature}")
        steps(axes, painted, numbers.bounds, numbers.feature, plain=numbers.years)
        label_points(axes, points[: len(titles)], titles, _LABELLED)

    known = numbers.values[np.isfinite(numbers.values)]
    if len(known) < len(numbers.values):
        caption += " Grey: not known."
    if known.min() < numbers.bounds[0]:
        caption += " The first step holds all below it too."
    return picture(name, caption, draw, height=5.6)


def _point_size(count: int) -> float:
    return float(np.clip(20_000 / max(count, 1), 7, 60))
