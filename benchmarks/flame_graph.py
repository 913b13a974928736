"""Draws where a recommendation in the process spends its time: docs/images/flame-request.png.

    python -m benchmarks.flame_graph [DATA_DIR] [--requests 500] [--out FILE]

Every call is timed, by a clock that stands still while it is noted; of a library only what is called from outside.
(Sampling the stack from another thread would not see the engine, which keeps the lock of the interpreter.) The width of
a box is its share of the time; what it calls lies above it. After https://www.brendangregg.com/flamegraphs.html
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Final

import matplotlib.pyplot as plt

from benchmarks.catalogues import catalogue
from benchmarks.request_path import EVENTS, ITEMS, USERS, WARM_UP
from benchmarks.serving_world import build
from pharos.serving.pipeline import Person, Selection
from pharos.serving.service import Service, open_service
from pharos.serving.settings import Settings

OUT: Final = Path(__file__).parents[1] / "docs" / "images" / "flame-request.png"
_THINNEST: Final = 0.004
_LABELLED: Final = 0.018
_CHARACTERS: Final = 165
_OURS: Final = ("pharos.", __name__)


@dataclass
class Box:
    """A function in its place on the stack. seconds: in it and what it called; calls: what it called, by name."""

    seconds: float = 0.0
    calls: dict[str, "Box"] = field(default_factory=dict)


class Tracer:
    """Builds the tree of all calls between `start` and `stop` in this thread."""

    def __init__(self) -> None:
        self.root = Box()
        # A box and when it began; None for what is within a library.
        self._stack: list[tuple[Box, float] | None] = []
        self._noting = 0.0

    def start(self) -> None:
        """Begin."""
        self._stack = [(self.root, self._now(time.perf_counter()))]
        sys.setprofile(self._note)

    def stop(self) -> None:
        """End; what has not returned yet, `stop` itself, is nobody's."""
        sys.setprofile(None)
        box, begun = self._stack[0] or (self.root, 0.0)
        box.seconds += self._now(time.perf_counter()) - begun

    def _now(self, read: float) -> float:
        return read - self._noting

    def _note(self, frame: FrameType, event: str, function: Any) -> None:
        began = time.perf_counter()
        if event in ("call", "c_call"):
            self._called(_called_name(frame, event, function), _is_ours(frame, event), self._now(began))
        elif len(self._stack) > 1 and (top := self._stack.pop()) is not None:
            top[0].seconds += self._now(began) - top[1]
        self._noting += time.perf_counter() - began

    def _called(self, name: str, ours: bool, now: float) -> None:
        """ours: whether the code that calls is ours."""
        top = self._stack[-1]
        if top is None or not ours:
            self._stack.append(None)
            return
        self._stack.append((top[0].calls.setdefault(name, Box()), now))


def main() -> None:
    """Trace and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data_dir", nargs="?", type=Path)
    parser.add_argument("--requests", type=int, default=500)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    with _data(given.data_dir) as folder, open_service(Settings(data_dir=folder)) as service:
        tree = traced(service, given.requests)
    draw(tree, given.out)
    print(f"{given.out}: {given.requests} requests, {1000 * tree.seconds / given.requests:.2f} ms each while traced")


@contextmanager
def _data(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        yield folder
        return
    with tempfile.TemporaryDirectory() as made:
        build(Settings(data_dir=Path(made)), catalogue(ITEMS, USERS, EVENTS))
        yield Path(made)


def traced(service: Service, requests: int) -> Box:
    """The calls of so many recommendations, after others."""
    people = [Person(user_id) for user_id, _ in service.store.some_users(USERS)]
    tracer = Tracer()
    for number in range(WARM_UP):
        service.pipeline.recommend(people[number % len(people)], Selection(10))
    for number in range(requests):
        person = people[number % len(people)]
        tracer.start()
        service.pipeline.recommend(person, Selection(10))
        tracer.stop()
    # Below `recommend` there is nothing to see.
    (found,) = (box for name, box in tracer.root.calls.items() if name == "pipeline.recommend")
    return found


def _called_name(frame: FrameType, event: str, function: Any) -> str:
    """The module and the function; for an object that is called its class."""
    if event == "c_call":
        return str(getattr(function, "__qualname__", None) or function)
    code = frame.f_code
    module = str(frame.f_globals.get("__name__", "")).rpartition(".")[2]
    return f"{module}.{code.co_qualname.removesuffix('.__call__').rpartition('.')[2]}"


def _is_ours(frame: FrameType, event: str) -> bool:
    caller = frame if event == "c_call" else frame.f_back
    return caller is not None and str(caller.f_globals.get("__name__", "")).startswith(_OURS)


def draw(root: Box, out: Path) -> None:
    """A picture of the tree."""
    depth = _depth(root, root.seconds) - 1
    figure, axes = plt.subplots(figsize=(15, 0.27 * depth + 0.6))
    _draw_calls(axes, root, 0.0, 0, root.seconds)
    axes.set(xlim=(0, 1), ylim=(0, depth))
    axes.axis("off")
    axes.set_title("One recommendation: shares of its time, what a function calls above it", fontsize=10)
    figure.tight_layout()
    figure.savefig(out, dpi=110)


def _draw_calls(axes: plt.Axes, box: Box, left: float, level: int, whole: int) -> None:
    for name, call in sorted(box.calls.items(), key=lambda pair: -pair[1].seconds):
        width = call.seconds / whole
        if width >= _THINNEST:
            colour = plt.colormaps["YlOrRd"](0.15 + 0.5 * (_number_of(name) % 100) / 100)
            axes.add_patch(
                plt.Rectangle((left, level), width, 0.95, facecolor=colour, edgecolor="white", linewidth=0.5)
            )
            if width >= _LABELLED:
                label = f"{name} {width:.0%}"[: int(width * _CHARACTERS)]
                axes.text(left + 0.002, level + 0.45, label, fontsize=7, va="center", clip_on=True)
            _draw_calls(axes, call, left, level + 1, whole)
        left += width


def _number_of(name: str) -> int:
    """The same number for a name in every run."""
    return sum(ord(letter) * (place + 7) for place, letter in enumerate(name))


def _depth(box: Box, whole: int) -> int:
    return 1 + max((_depth(call, whole) for call in box.calls.values() if call.seconds / whole >= _THINNEST), default=0)


if __name__ == "__main__":
    main()
