"""How quick the page is with 10,000 items, in headless Chromium against a real server, and whether the bars hold.

Needs what the tests of the page need: Chromium, Node and npm. Chromium has no graphics card here and draws the map with
the processor, so that the frames of a person's own screen are more, not fewer. With the name of a folder, what is
served is kept there and used the next time.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.catalogues import catalogue
from benchmarks.request_path import EVENTS, ITEMS, USERS
from benchmarks.serving_world import build
from pharos.serving.settings import Settings
from tests.browser.chromium import Browser, Missing
from tests.serve_process import ServeProcess

_SCRIPT: Final = Path(__file__).with_suffix(".mjs")
_MOST_KILOBYTES, _MOST_LOAD_MS, _MOST_CLICK_MS, _LEAST_FRAMES = 300, 1000, 300, 30


def main() -> int:
    """Build, look, print; the exit code is 1 where nothing could be measured."""
    try:
        browser = Browser.found()
    except Missing as missing:
        sys.stderr.write(f"the page was not measured: {missing}\n")
        return 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else name)
        if not (folder / "data").exists():
            build(Settings(data_dir=folder / "data"), catalogue(ITEMS, USERS, EVENTS))
        with ServeProcess({"data_dir": str(folder / "data"), "log_level": "warning"}, folder) as server:
            code, printed = browser.run(_SCRIPT, {"PAGE": server.url}, capture=True)
    if code:
        sys.stderr.write(f"the page was not measured: {printed}\n")
        return 1
    _print(json.loads(printed))
    return 0


def _print(seen: dict[str, list[float]]) -> None:
    load = os.getloadavg()[0]
    print(f"{ITEMS:,} items, one server process, {os.cpu_count()} cores, load {load:.1f}; Chromium draws in software")
    _line("first load, the page's files", seen["page_bytes"], 1 / 1000, "kB", _MOST_KILOBYTES)
    _line("first load, with the first answers", seen["all_bytes"], 1 / 1000, "kB", None)
    _line("first load, until the list is shown", seen["load_ms"][1:], 1, "ms", _MOST_LOAD_MS)
    _line("the same, of a server just started", seen["load_ms"][:1], 1, "ms", _MOST_LOAD_MS)
    _line("list shown after a click on a user", seen["user_ms"], 1, "ms", _MOST_CLICK_MS)
    _line("list shown after a click on an item", seen["item_ms"], 1, "ms", _MOST_CLICK_MS)
    _line("map shown after a click on Map", seen["map_ms"], 1, "ms", None)
    _line("map, frames a second while dragged", seen["drag_frames"], 1, "", _LEAST_FRAMES, at_least=True)
    _line("map, frames a second while zoomed", seen["zoom_frames"], 1, "", _LEAST_FRAMES, at_least=True)


def _line(
    what: str, values: Sequence[float], unit: float, name: str, bar: float | None, *, at_least: bool = False
) -> None:
    """The median and the worst of the values, and whether the worst holds the bar."""
    worst_of: Callable[[Sequence[float]], float] = min if at_least else max
    median, worst = float(np.median(values)) * unit, float(worst_of(values)) * unit
    verdict = ""
    if bar is not None:
        holds = worst >= bar if at_least else worst <= bar
        verdict = f"bar {bar:g}: {'holds' if holds else f'missed by {abs(worst - bar):.0f}'}"
    print(f"{what:36} median {median:7.1f}  worst {worst:7.1f} {name:3} of {len(values):2}   {verdict}".rstrip())


if __name__ == "__main__":
    sys.exit(main())
