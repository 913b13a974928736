"""The plots of a report, each as a self-contained SVG."""

import io
from collections.abc import Callable, Sequence
from typing import Any, Final

from pharos.classics import extras

_OURS: Final = "#d9480f"
_PEER: Final = "#8d99ae"
_INK: Final = "#343a40"
_LINES: Final = ("#d9480f", "#1c7ed6", "#2b8a3e", "#862e9c", "#495057", "#e8590c", "#0b7285", "#a61e4d", "#5c940d")
_STYLE: Final = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "svg.hashsalt": "pharos",  # the same figures give the same bytes
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}
_SHOWN_PEERS: Final = 4
_ROOMY_BINS: Final = 6
_LEGEND_COLUMNS: Final = 3

Methods = Sequence[dict[str, Any]]


def by_method(methods: Methods, metric: str) -> str:
    """One metric of every method with its 95 % confidence interval, the best on top."""

    def draw(axes: Any) -> None:
        lower = metric == "rmse"
        ranked = sorted(methods, key=lambda method: method["metrics"][metric], reverse=lower)
        names = [method["name"] for method in ranked]
        values = [method["metrics"][metric] for method in ranked]
        lows, highs = zip(*(method["intervals"][metric] for method in ranked), strict=True)
        reach = [[v - low for v, low in zip(values, lows, strict=True)],
                 [high - v for v, high in zip(values, highs, strict=True)]]  # fmt: skip
        colours = [_OURS if method["ours"] else _PEER for method in ranked]
        axes.barh(names, values, xerr=reach, color=colours, height=0.65, error_kw={"lw": 1, "ecolor": _INK})
        for place, (value, high) in enumerate(zip(values, highs, strict=True)):
            axes.annotate(f"{value:.3f}", (high, place), (5, 0), textcoords="offset points", va="center", color=_INK)
        axes.margins(x=0.1)
        if lower:  # errors differ by little: from zero, nothing would be seen
            axes.set_xlim(min(lows) * 0.97, max(highs) * 1.03)
        axes.set_title(f"{metric} with 95 % intervals")

    return _svg(draw, height=0.6 + 0.34 * len(methods))


def by_bin(methods: Methods, key: str, label: str, title: str) -> str:
    """A metric by group of users or items, a line for each of the best methods."""

    def draw(axes: Any) -> None:
        for method, colour in zip(_best(methods), _LINES, strict=False):
            bins = method[key]
            figures = [part["figure"] for part in bins]
            axes.plot(range(len(bins)), figures, "o-", label=method["name"], color=colour, lw=1.6, ms=4)
        labels = [part["label"] for part in methods[0][key]]
        axes.set_xticks(range(len(labels)), labels, fontsize=10 if len(labels) <= _ROOMY_BINS else 8)
        axes.set_xlabel(label)
        axes.set_ylim(bottom=0)
        axes.set_title(title)
        _legend(axes, axes.get_legend_handles_labels()[0])

    return _svg(draw, height=3.6)


def training(method: dict[str, Any]) -> str:
    """Training curves of the run that chose the count of epochs: the loss, and the metrics on held-out events."""

    def draw(axes: Any) -> None:
        curves = dict(method["curves"])
        loss = curves.pop("loss")
        epochs = range(1, len(loss) + 1)
        axes.plot(epochs, loss, color="#495057", lw=1.6, label="loss")
        axes.set_xlabel("epoch")
        axes.set_ylabel("loss, nats")
        other = axes.twinx()
        other.spines["right"].set_visible(True)
        for (name, values), colour in zip(curves.items(), _LINES, strict=False):
            other.plot(range(1, len(values) + 1), values, "o-", ms=3, color=colour, label=name)
        other.set_ylim(bottom=0)
        other.set_ylabel(", ".join(curves))
        handles = [part for side in (axes, other) for part in side.get_legend_handles_labels()[0]]
        _legend(axes, handles)
        axes.set_title(f"{method['name']}: training, judged on the validation part")

    return _svg(draw, height=3.6)


def diversity(method: dict[str, Any]) -> str:
    """Similarity within lists, and their ndcg, by diversity, relative to the plain list."""

    def draw(axes: Any) -> None:
        curve = method["diversity"]
        degrees = [part["diversity"] for part in curve]
        lines = [("mean pairwise similarity", "similarity"), ("ndcg@10", "ndcg_10")]
        if curve[0]["common"]:
            lines.append(("categories and tags in common", "common"))
        for (label, key), colour in zip(lines, _LINES, strict=False):
            plain = curve[0][key] or 1.0
            axes.plot(degrees, [part[key] / plain for part in curve], "o-", label=label, color=colour, lw=1.6, ms=4)
        axes.set_xlabel("diversity")
        axes.set_ylabel("share of that of the plain lists")
        axes.set_title(f"{method['name']}: gain and cost of diversity")
        _legend(axes, axes.get_legend_handles_labels()[0])

    return _svg(draw, height=3.6)


def variety(methods: Methods) -> str:
    """Coverage of the catalogue against the mean overlap of two users' lists."""

    def draw(axes: Any) -> None:
        points = [(method["metrics"]["overlap@10"], method["metrics"]["coverage@10"]) for method in methods]
        right, top = (1.15 * max(*values, 1e-3) for values in zip(*points, strict=True))
        axes.set_xlim(-0.03 * right, right)
        axes.set_ylim(-0.03 * top, top)
        axes.scatter(*zip(*points, strict=True), c=[_OURS if m["ours"] else _PEER for m in methods], s=36, zorder=3)
        labels = [method["name"] for method in methods]
        places = _label_places([(x / right, y / top) for x, y in points], labels)
        for label, point, (dx, dy) in zip(labels, points, places, strict=True):
            side = "left" if dx > 0 else "right"
            axes.annotate(label, point, (dx, dy), textcoords="offset points", ha=side, va="center", fontsize=9)
        axes.set_xlabel("overlap: share of the first ten that two users have in common")
        axes.set_ylabel("coverage: share of the catalogue shown")
        axes.set_title("Variety: up and to the left is more")

    return _svg(draw, height=3.6)


def _label_places(points: Sequence[tuple[float, float]], labels: Sequence[str]) -> list[tuple[int, int]]:
    """Offsets of labels in points, so that labels cover no other label or point where that can be avoided.

    points: in shares of the axes. Sizes are those of 9 point letters in a figure of the usual size, about.
    """
    letter, line, reach = 0.0135, 0.06, 0.018
    taken = [(x - reach, x + reach, y) for x, y in points]
    places = []
    for (x, y), label in zip(points, labels, strict=True):
        for dx, dy in ((7, 0), (7, 9), (7, -9), (-7, 0), (-7, 9), (-7, -9)):
            low = x + reach if dx > 0 else x - reach - letter * len(label)
            box = (low, low + letter * len(label), y + dy / 9 * line)
            others = (other for other in taken if other != (x - reach, x + reach, y))
            if low > 0 and not any(box[0] < o[1] and o[0] < box[1] and abs(box[2] - o[2]) < line for o in others):
                break
        taken.append(box)
        places.append((dx, dy))
    return places


def _legend(axes: Any, handles: Sequence[Any]) -> None:
    """A legend below the axes, where it covers no line."""
    axes.figure.legend(handles=handles, loc="outside lower center", ncols=_LEGEND_COLUMNS, frameon=False, fontsize=9)


def _best(methods: Methods) -> list[dict[str, Any]]:
    """Ours, then the best peers by ndcg@10; more lines than these could not be told apart."""
    ours = [method for method in methods if method["ours"]]
    peers = sorted((m for m in methods if not m["ours"]), key=lambda m: m["metrics"]["ndcg@10"], reverse=True)
    return ours + peers[:_SHOWN_PEERS]


def _svg(draw: Callable[[Any], None], *, height: float) -> str:
    """A figure 6.4 inches wide, drawn with no display, as the text of an SVG element."""
    figures, style = extras.load("matplotlib.figure"), extras.load("matplotlib.style")
    with style.context(_STYLE):
        figure = figures.Figure(figsize=(6.4, height), layout="constrained")
        draw(figure.add_subplot())
        content = io.StringIO()
        figure.savefig(content, format="svg", metadata={"Date": None, "Creator": None})
    text = content.getvalue()
    return text[text.index("<svg") :]
