"""What one training event costs as the catalogue grows from 10,000 to 200,000 items, with a plot.

Every item has an event, so the towers have as many ids as the catalogue. The floor of the same run is the smallest
catalogue. Writes training_scale.png to the folder given, or to the working folder.
"""

import sys
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.catalogues import catalogue
from pharos.classics.extras import load
from pharos.ingest.dataset import Dataset
from pharos.towers.retrieval.assembly import build, compile_for, compiled_step, prepare
from pharos.towers.retrieval.steps import Steps
from pharos.towers.schedule import WarmUpAndDecay
from pharos.towers.settings import TrainingSettings

SIZES = (10_000, 20_000, 50_000, 100_000, 200_000)
USERS, EVENTS, STEPS, WARM_UP = 4_000, 200_000, 40, 5
SETTINGS = TrainingSettings(text_model="")


def main() -> None:
    """Measure each size, print and plot."""
    costs = []
    for items in SIZES:
        costs.append(microseconds_per_event(items))
        ratio = costs[-1] / costs[0]
        print(f"{items:>8,} items  {costs[-1]:7.1f} µs an event  {ratio:.2f} times the smallest", flush=True)
    path = Path(sys.argv[1] if len(sys.argv) > 1 else ".") / "training_scale.png"
    plot(costs, path)
    print(path)


def microseconds_per_event(items: int) -> float:
    """The median over the steps of one epoch, of their seconds by target event."""
    data = prepare(dataset(items), dataset(items).interactions, SETTINGS, None)
    model = build(data, SETTINGS)
    steps = Steps(data, SETTINGS.batch_events, SETTINGS.negatives, SETTINGS.ahead, np.random.default_rng(0))
    compile_for(model, WarmUpAndDecay(SETTINGS.learning_rate, SETTINGS.warmup_steps, STEPS))
    train, taken = None, list[float]()
    start = time.perf_counter()
    for inputs in islice(steps, WARM_UP + STEPS):
        train = train or compiled_step(model, inputs)
        float(train(inputs)["loss"])
        now = time.perf_counter()
        taken.append((now - start) / len(inputs["place"]))
        start = now
    return float(np.median(taken[WARM_UP:])) * 1e6


def dataset(items: int) -> Dataset:
    """A made-up catalogue in which each item has at least one event."""
    made = catalogue(items, USERS, EVENTS)
    everyone = made.items["item_id"].to_numpy()
    rest = made.interactions.iloc[: max(EVENTS - items, 0)]
    once = pd.DataFrame({"user_id": [f"u{n % USERS}" for n in range(items)], "item_id": everyone})
    once["rating"], once["timestamp"] = np.float32(3), 1_400_000_000 + np.arange(items)
    events = pd.concat([once, rest]).drop_duplicates(["user_id", "item_id"], ignore_index=True)
    return replace(made, interactions=events)


def plot(costs: list[float], path: Path) -> None:
    """Cost by size of the catalogue, with the line of twice the smallest."""
    figure: Any = load("matplotlib.figure").Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(SIZES, costs, "o-", color="#d9480f", label="measured")
    axes.axhline(2 * costs[0], color="#8d99ae", ls="--", label="twice the smallest")
    axes.set(xscale="log", ylim=(0, None), xlabel="items", ylabel="µs an event", title="What a training event costs")
    axes.legend(frameon=False)
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
