"""Seven days of `pharos retrain` on made-up data that drift, each judged on the events of the next day.

Each day the live model may lose at most two in a hundred of the ndcg@10 of a model that is fitted anew on the same
data. On one day the data are poisoned in several ways, of which none may go live. Options: the seed, and the days.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pandas as pd

from benchmarks.drifting_world import (
    DriftingWorld,
    Size,
    one_account,
    one_list_for_all,
    only_a_tenth,
    vote_flood,
)
from pharos.evaluation.bootstrap import difference_interval
from pharos.evaluation.folds import Fold
from pharos.evaluation.judging import judge_lists, recommend
from pharos.evaluation.merged import MergedLists
from pharos.evaluation.metrics import NDCG_10
from pharos.ingest.dataset import Dataset
from pharos.retraining import Verdict, retrain
from pharos.towers.bundle.bundle import Bundle
from pharos.towers.progress import Silent
from pharos.towers.settings import TrainingSettings
from pharos.training import train

DAYS, POISONED_DAY, ALLOWED = 7, 2, 0.02
_TRAINING: Final = TrainingSettings(text_model="", ranker=False, max_epochs=8)


def main() -> None:
    """Simulate, print a line for each day; fails where a day is too far off or what is poisoned goes live."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seed", type=int, default=20)
    options.add_argument("--days", type=int, default=DAYS)
    chosen = options.parse_args()
    size, started = Size(), time.monotonic()
    print(
        f"seed {chosen.seed}: {size.items:,} items, {size.users:,} people, {size.events_per_day:,} events a day",
        flush=True,
    )
    with tempfile.TemporaryDirectory() as folder:
        wrong = Simulation(chosen.seed, size, Path(folder)).run(chosen.days)
    print(f"{wrong} failures in {time.monotonic() - started:.0f} s")
    sys.exit(1 if wrong else 0)


class Simulation:
    """A live model that is retrained each day on all that has happened."""

    def __init__(self, seed: int, size: Size, folder: Path) -> None:
        self._seed, self._folder = seed, folder
        self._world = DriftingWorld(seed, size)
        self._events = pd.concat([self._world.next_day() for _ in range(size.days_before)])
        self._live = self._fresh(self._world.dataset(self._events))

    def run(self, days: int) -> int:
        """How many days failed, and how many poisons went live."""
        wrong, today = 0, self._world.next_day()
        for day in range(1, days + 1):
            if day == POISONED_DAY:
                wrong += self._poisoned(today)
            self._events = pd.concat([self._events, today])
            dataset = self._world.dataset(self._events)
            verdict = self._retrain(dataset)
            if verdict.goes_live and verdict.bundle:
                self._live = Bundle.load(self._folder / verdict.bundle)
            fresh = self._fresh(dataset)
            today = self._world.next_day()
            wrong += not self._within(day, verdict, dataset, fresh, today)
        return wrong

    def _within(self, day: int, verdict: Verdict, dataset: Dataset, fresh: Bundle, tomorrow: pd.DataFrame) -> bool:
        """Whether the live model is good enough on what happens next; prints a line."""
        live, anew = (self._judged(dataset, bundle, tomorrow) for bundle in (self._live, fresh))
        interval = difference_interval(live, anew)
        ratio = live.mean() / anew.mean()
        good = bool(ratio >= 1 - ALLOWED)
        print(
            f"day {day}: {'went live' if verdict.goes_live else 'stayed back'}; ndcg@10 of {len(live):,} people on the "
            f"next day: retrained {live.mean():.4f}, fresh {anew.mean():.4f}, {100 * (ratio - 1):+.1f} % "
            f"({100 * interval.low / anew.mean():+.1f} to {100 * interval.high / anew.mean():+.1f}): "
            f"{'good' if good else 'TOO FAR OFF'}",
            flush=True,
        )
        return good

    def _poisoned(self, today: pd.DataFrame) -> int:
        """How many poisons of this day went live."""
        wrong = 0
        for name, dataset in self._poisons(today):
            verdict = self._retrain(dataset)
            wrong += verdict.goes_live
            print(f"  {name}: {'WENT LIVE' if verdict.goes_live else 'refused'}: {verdict.reason}", flush=True)
        return wrong

    def _poisons(self, today: pd.DataFrame) -> Iterator[tuple[str, Dataset]]:
        for spoil in (one_list_for_all, vote_flood, one_account):
            events = pd.concat([self._events, spoil(today, self._seed)])
            yield spoil.__name__.replace("_", " "), self._world.dataset(events)
        whole = self._world.dataset(pd.concat([self._events, today]))
        yield "a tenth of the events", only_a_tenth(whole, self._seed)

    def _retrain(self, dataset: Dataset) -> Verdict:
        return retrain(dataset, self._live, bundles=self._folder, text_cache=self._folder / "texts", progress=Silent())

    def _fresh(self, dataset: Dataset) -> Bundle:
        texts = self._folder / "texts"
        return train(dataset, _TRAINING, bundles=self._folder, text_cache=texts, progress=Silent()).bundle

    @staticmethod
    def _judged(dataset: Dataset, bundle: Bundle, tomorrow: pd.DataFrame) -> "pd.Series[float]":
        """The ndcg@10 by person."""
        fold = Fold(dataset, tomorrow)
        lists = recommend(fold, MergedLists(bundle.trained, dataset, None).score)
        return judge_lists(fold, lists).per_user[NDCG_10]


if __name__ == "__main__":
    main()
