"""Plots 1,200 pixels wide: colour-blind safe colours, captions, and labels that do not overlap."""

import io
import textwrap
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from pharos.classics import extras
from pharos.evaluation.analysis.findings import Picture

COLOURS: Final = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442")
"""Okabe and Ito, Color Universal Design (2008), https://jfly.uni-koeln.de/color/, without black."""
OTHER: Final = "#C4C8CC"
INK: Final = "#212529"
SEQUENTIAL: Final = "viridis"
DIVERGING: Final = "PuOr"

_DOTS_AN_INCH: Final = 150
_WIDTH: Final = 8.0
_CAPTION_CHARACTERS: Final = 135
_CAPTION_LINE: Final = 0.16
_STYLE: Final = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "legend.frameon": False,
    "text.parse_math": False,  # a title may have dollars in it
}
_TRIED_FOR_EACH_LABEL: Final = 5
_SHOWN_CHARACTERS: Final = 30
_OFFSETS: Final = ((7, 0), (-7, 0), (7, 9), (-7, 9), (7, -9), (-7, -9), (0, 12), (0, -12))

Points = npt.NDArray[np.floating]


def picture(name: str, caption: str, draw: Callable[[Any], None], *, height: float) -> Picture:
    """A figure 1,200 pixels wide with its caption below.

    draw: fills a matplotlib Figure whose layout keeps everything inside; height: inches, 150 pixels each.
    Raises MissingExtra where matplotlib is not installed.
    """
    figures, style = extras.load("matplotlib.figure"), extras.load("matplotlib.style")
    canvas = extras.load("matplotlib.backends.backend_agg").FigureCanvasAgg
    lines = textwrap.wrap(caption, _CAPTION_CHARACTERS)
    below = _CAPTION_LINE * len(lines) + 0.12
    with style.context(_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing", category=UserWarning)
        figure = figures.Figure(figsize=(_WIDTH, height + below), dpi=_DOTS_AN_INCH, layout="constrained")
        canvas(figure)
        share = below / (height + below)
        figure.get_layout_engine().set(rect=(0, share, 1, 1 - share))
        draw(figure)
        figure.text(0.012, 0.05 / (height + below), "\n".join(lines), fontsize=7.5, color="#495057", va="bottom")
        content = io.BytesIO()
        figure.savefig(content, format="png", metadata={"Software": None})
    return Picture(name, caption, content.getvalue())


def short(label: str, length: int = _SHOWN_CHARACTERS) -> str:
    """A label that fits beside a point."""
    return label if len(label) <= length else f"{label[: length - 1].rstrip()}…"


def label_points(axes: Any, points: Points, labels: Sequence[str], most: int) -> None:
    """Write labels at points so that none covers another label, a labelled point or the edge.

    points: [n, 2], the most important first; those without room stay without a label, and `most` get one at most.
    """
    figure = axes.figure
    figure.draw_without_rendering()  # the layout is only known after it
    renderer, inside, taken = figure.canvas.get_renderer(), axes.get_window_extent(), list[Any]()
    halo = extras.load("matplotlib.patheffects").withStroke(linewidth=2.2, foreground="white")
    boxes = extras.load("matplotlib.transforms").Bbox
    tried = most * _TRIED_FOR_EACH_LABEL
    for point, label in zip(points[:tried], labels[:tried], strict=True):
        if most <= 0:
            return
        x, y = axes.transData.transform(point)
        spot = boxes.from_extents(x - 6, y - 6, x + 6, y + 6)
        if any(spot.overlaps(other) for other in taken):
            continue
        for dx, dy in _OFFSETS:
            side = "center" if not dx else "left" if dx > 0 else "right"
            text = axes.annotate(
                short(label), point, (dx, dy), textcoords="offset points", ha=side, va="center", fontsize=7.5,
                color=INK, path_effects=[halo], zorder=6, annotation_clip=False,
            )  # fmt: skip
            text.set_in_layout(False)
            box = text.get_window_extent(renderer).padded(2)
            within = inside.x0 <= box.x0 and box.x1 <= inside.x1 and inside.y0 <= box.y0 and box.y1 <= inside.y1
            if within and not any(box.overlaps(other) for other in taken):
                taken += [box, spot]
                axes.scatter(*point, s=22, facecolor="none", edgecolor=INK, lw=0.9, zorder=5)
                most -= 1
                break
            text.remove()


def bare(axes: Any) -> None:
    """Remove the ticks: on a map only distances have a meaning."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.margins(0.04)


def steps(axes: Any, painted: Any, bounds: Sequence[float], title: str, *, plain: bool) -> None:
    """A colour bar beside the axes; plain: whether its numbers are years, written without a comma."""
    bar = axes.figure.colorbar(painted, ax=axes, shrink=0.8, pad=0.01, ticks=list(bounds), spacing="uniform")
    bar.ax.set_yticklabels([f"{bound:.0f}" if plain else f"{bound:,.4g}" for bound in bounds], fontsize=8)
    bar.outline.set_visible(False)
    bar.set_label(title)


def logarithmic(axes: Any) -> None:
    """A logarithmic x axis, with plain numbers at powers of ten."""
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.xaxis.set_minor_formatter(lambda value, _: "")


def trend(axes: Any, x: Points, y: Points, bins: int = 12) -> None:
    """A line through the medians of y in bins of x with equal counts; x on a logarithmic axis."""
    edges = np.unique(np.quantile(x, np.linspace(0, 1, bins + 1)))
    if len(edges) < 3:
        return
    place = np.clip(np.searchsorted(edges, x, "right") - 1, 0, len(edges) - 2)
    middles = [(np.median(x[place == one]), np.median(y[place == one])) for one in np.unique(place)]
    axes.plot(*zip(*middles, strict=True), "o-", color=COLOURS[5], lw=1.8, ms=4, label="median", zorder=4)
