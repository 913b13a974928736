"""Principal components of the item vectors, and their correlation with metadata."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from pharos.classics import extras
from pharos.evaluation.analysis import metadata
from pharos.evaluation.analysis.drawing import COLOURS, DIVERGING, OTHER, label_points, picture, short
from pharos.evaluation.analysis.findings import Picture, Section, Table
from pharos.evaluation.analysis.metadata import Column
from pharos.evaluation.analysis.subject import Numbers, Subject

_TITLE: Final = "Factors of the item vectors"
_ENDS: Final = 8
_STRONGEST: Final = 4
_MOST_ROWS: Final = 26
_LABELLED: Final = 26

Scores = npt.NDArray[np.float64]


def components(subject: Subject) -> Section:
    """PCA of the vectors of all items with an event (of all items where none has one), to K factors.

    Pearson (1901); the sign of a factor is free, and chosen so that its farthest item is positive. Correlations are
    Pearson's with labels as 1 or 0, and Spearman's with numbers and the count of events.
    """
    rows = subject.popular
    if len(rows) < 3 or subject.all_identical:
        return Section(_TITLE, ("Fewer than three items, or all vectors are the same: there are no factors.",))
    count = min(subject.settings.factors, len(rows) - 1, subject.vectors.shape[1])
    pca = extras.load("sklearn.decomposition").PCA(count, svd_solver="full", random_state=subject.settings.seed)
    scores = pca.fit_transform(subject.vectors[rows].astype(np.float64))
    scores *= np.where(scores.max(axis=0) >= -scores.min(axis=0), 1.0, -1.0)
    shares = np.nan_to_num(pca.explained_variance_ratio_)
    columns = metadata.columns(subject, rows)
    correlations = np.array([[correlation(column, scores[:, k]) for k in range(count)] for column in columns])
    told = f"{len(rows):,} items, {shares.sum():.0%} of the variance in {count} factors. Seed {subject.settings.seed}."
    pictures = [_heat(columns, correlations, shares, told)]
    if count > 1:
        pictures.append(_plane(subject, rows, scores, shares))
    ends = _ends(subject, rows, scores, shares, columns, correlations)
    written = pd.DataFrame(
        [
            {"factor": k + 1, "feature": c.feature, "value": c.value, "correlation": correlations[place, k],
             "items": int(np.isfinite(c.values).sum())}
            for k in range(count)
            for place, c in enumerate(columns)
        ]
    )  # fmt: skip
    strongest = written.iloc[np.lexsort((-written["correlation"].abs(), written["factor"]))]
    return Section(
        _TITLE,
        (),
        tuple(pictures),
        (
            Table(
                "factor-ends", "The items at both ends of each factor, among those with most events.", ends, _wide(ends)
            ),
            Table(
                "factor-correlations",
                f"What each factor goes with most: the {_STRONGEST} strongest correlations of each.",
                strongest.reset_index(drop=True),
                strongest.groupby("factor").head(_STRONGEST),
            ),
        ),
    )


def correlation(column: Column, scores: Scores) -> float:
    """Pearson's correlation of a factor with a label, Spearman's with a number; 0 where one is constant."""
    known = np.isfinite(column.values)
    one, other = column.values[known], scores[known]
    if column.ranked:
        one, other = (np.asarray(pd.Series(values).rank(), np.float64) for values in (one, other))
    if len(one) < 3 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _ends(
    subject: Subject, rows: Numbers, scores: Scores, shares: Scores, columns: list[Column], correlations: Scores
) -> pd.DataFrame:
    """The items with the lowest and highest scores of each factor, among the more popular half of the items."""
    known = np.arange(len(rows)) < max(len(rows) // 2, min(len(rows), 4 * _ENDS))
    found = []
    for k in range(scores.shape[1]):
        order = np.flatnonzero(known)[np.argsort(-scores[known, k], kind="stable")]
        size = min(_ENDS, len(order) // 2)
        for end, places in (("high", order[:size]), ("low", order[::-1][:size])):
            found += [
                {"factor": k + 1, "share_of_variance": shares[k], "end": end, "place": number,
                 "item_id": subject.ids[rows[place]], "title": subject.titles[rows[place]], "score": scores[place, k]}
                for number, place in enumerate(places, start=1)
            ]  # fmt: skip
    return pd.DataFrame(found)


def _wide(ends: pd.DataFrame) -> pd.DataFrame:
    """One row per factor, for the page."""
    rows = []
    for factor, part in ends.groupby("factor"):
        titles = {end: "; ".join(part.loc[part["end"] == end, "title"]) for end in ("high", "low")}
        share = f"{part['share_of_variance'].iloc[0]:.1%}"
        rows.append(
            {"factor": factor, "share of variance": share, "high end": titles["high"], "low end": titles["low"]}
        )
    return pd.DataFrame(rows)


def _heat(columns: list[Column], correlations: Scores, shares: Scores, told: str) -> Picture:
    strongest = np.argsort(-np.abs(correlations), axis=0)[:_STRONGEST]
    wanted = {place for place, column in enumerate(columns) if column.ranked} | set(strongest.ravel().tolist())
    best = sorted(wanted, key=lambda place: -np.abs(correlations[place]).max())[:_MOST_ROWS]
    # The rows of one factor stand together.
    best.sort(
        key=lambda place: (
            np.abs(correlations[place]).argmax(),
            -correlations[place][np.abs(correlations[place]).argmax()],
        )
    )
    shown = correlations[best]
    reach = max(float(np.abs(shown).max()), 0.1)

    def draw(figure: Any) -> None:
        axes = figure.add_subplot()
        painted = axes.imshow(shown, cmap=DIVERGING, vmin=-reach, vmax=reach, aspect="auto")
        axes.set_xticks(range(len(shares)), [f"{k}\n{share:.1%}" for k, share in enumerate(shares, start=1)])
        axes.set_yticks(range(len(best)), [short(columns[place].title, 40) for place in best])
        axes.tick_params(length=0)
        for row, column in np.ndindex(shown.shape):
            dark = abs(shown[row, column]) > 0.65 * reach
            colour = "white" if dark else "#212529"
            axes.text(column, row, f"{shown[row, column]:+.2f}", ha="center", va="center", fontsize=7.5, color=colour)
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.set_xlabel("factor, and its share of the variance")
        axes.set_title("What the factors go with")
        figure.colorbar(painted, ax=axes, shrink=0.7, pad=0.01).outline.set_visible(False)

    caption = f"Correlation of metadata with the principal components of the item vectors: {told}"
    return picture("factor-correlations", caption, draw, height=1.0 + 0.2 * len(best))


def _plane(subject: Subject, rows: Numbers, scores: Scores, shares: Scores) -> Picture:
    def draw(figure: Any) -> None:
        axes = figure.add_subplot()
        sizes = 3 + 40 * np.sqrt(subject.events[rows] / max(subject.events.max(), 1))
        few = len(rows) <= _LABELLED
        axes.scatter(scores[:, 0], scores[:, 1], s=sizes, color=COLOURS[0] if few else OTHER, lw=0)
        axes.set_xlabel(f"factor 1, {shares[0]:.1%} of the variance")
        axes.set_ylabel(f"factor 2, {shares[1]:.1%} of the variance")
        axes.set_title("Items by the first two factors")
        axes.margins(0.06)
        order = _outermost(scores[: max(len(rows) // 2, min(len(rows), 100))])
        label_points(axes, scores[order, :2], [subject.titles[rows[place]] for place in order], _LABELLED)

    caption = (
        f"{len(rows):,} items; the larger a point, the more events. Labelled are items at the ends of both factors, of "
        f"the more popular half. Seed {subject.settings.seed}."
    )
    return picture("factor-plane", caption, draw, height=5.2)


def _outermost(scores: Scores) -> Numbers:
    """Rows from the ends of both factors in turn: the highest of the first, its lowest, those of the second, and on."""
    ends = [np.argsort(-sign * scores[:, factor], kind="stable") for factor in (0, 1) for sign in (1, -1)]
    turns = np.stack(ends, axis=1).ravel()
    _, first = np.unique(turns, return_index=True)
    return turns[np.sort(first)].astype(np.int64)
