"""Fitting both towers: the loop around the training steps, with early stopping."""

import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest.columns import Columns
from ingest.dataset import Dataset
from towers.backend import tf
from towers.errors import TrainingError
from towers.optimizer import MovingAverage
from towers.progress import Progress, Task
from towers.retrieval.assembly import as_two_towers, build, compile_for, compiled_step, prepare, take_over
from towers.retrieval.model import RetrievalModel
from towers.retrieval.steps import Steps, TrainingData, TrainingSteps
from towers.retrieval.two_towers import TwoTowers
from towers.retrieval.unordered_steps import UnorderedSteps
from towers.retrieval.validation import Validation, ValidationScore
from towers.settings import TrainingSettings

# A loss this close to that of guessing is one that has learnt nothing.
_CHANCE_MARGIN = 0.01
_MIN_STEPS = 30
_MIN_EVENTS = 64


@dataclass(frozen=True)
class Epoch:
    """One pass over the training events. loss in nats per target, beside `chance`, that of guessing."""

    number: int
    loss: float
    chance: float
    temperature: float
    seconds: float
    validation: ValidationScore | None = None


@dataclass(frozen=True)
class Fit:
    """What a fit gave: the towers as they were after `best_epoch`, and the way there."""

    model: RetrievalModel
    towers: TwoTowers
    curve: tuple[Epoch, ...]
    best_epoch: int


def fit(
    dataset: Dataset,
    events: pd.DataFrame,
    settings: TrainingSettings,
    *,
    text: npt.NDArray[np.float32] | None,
    progress: Progress,
    held_out: pd.DataFrame | None = None,
    candidates: npt.NDArray[np.bool_] | None = None,
    earlier: Fit | None = None,
) -> Fit:
    """Fit on `events`: until `held_out` ones are found no better, at most for as many epochs as the settings say.

    text: float32 [items, d], the vectors of the documents of all items of the data set, None for no text;
    candidates: bool [items], the items among which held-out events are to be found, None for all.
    earlier: a fit on some of the events, whose towers learn on instead, for `further_epochs`: in little more than half
    the time they are as good as those that start anew.
    Raises TrainingError where there is too little to learn from, or where nothing was learnt.
    """
    if events[Columns.ITEM].nunique() < 2:
        raise TrainingError(
            f"{dataset.name}: training needs events on at least 2 items, these are {len(events)} events"
        )
    tf.keras.utils.set_random_seed(settings.seed)
    data = prepare(dataset, events, settings, text, earlier.towers.spec if earlier else None)
    model = build(data, settings)
    towers = as_two_towers(model, data, settings.dimensions)
    judge = None
    if held_out is not None and len(held_out):
        judge = Validation(dataset, events, held_out, text, candidates)
    return _Loop(model, towers, data, settings, judge, earlier, progress).run()


class _Loop:
    def __init__(
        self,
        model: RetrievalModel,
        towers: TwoTowers,
        data: TrainingData,
        settings: TrainingSettings,
        judge: Validation | None,
        earlier: Fit | None,
        progress: Progress,
    ) -> None:
        self._model, self._towers, self._settings, self._judge = model, towers, settings, judge
        self._epochs, self._progress = settings.further_epochs if earlier else settings.max_epochs, progress
        rng = np.random.default_rng(settings.seed)
        # A small data set has small batches, or it would have no steps to learn in.
        events = min(settings.batch_events, max(len(data.sequences) // _MIN_STEPS, _MIN_EVENTS))
        self._steps: TrainingSteps = (
            Steps(data, events, settings.negatives, settings.ahead, rng)
            if data.spec.scale.timed
            else UnorderedSteps(data, events, settings.negatives, rng)
        )
        self._chance = self._steps.chance()
        rate = settings.further_learning_rate if earlier else settings.learning_rate
        if not data.spec.scale.timed:
            rate *= settings.unordered_pace
        compile_for(model, rate, settings.warmup_steps, self._steps.count() * self._epochs)
        self._train_step, self._averages = self._compile(earlier)

    def _compile(self, earlier: Fit | None) -> tuple[Any, MovingAverage]:
        inputs = next(iter(self._steps))
        # Layers make their weights when they are first called.
        self._model.compute_loss(inputs)
        if earlier:
            take_over(self._model, earlier.model)
        return compiled_step(self._model, inputs), MovingAverage(
            self._model.trainable_variables, self._settings.averaging
        )

    def run(self) -> Fit:
        curve: list[Epoch] = []
        best, best_score, weights = 0, -math.inf, self._averages.values()
        steps = self._steps.count()
        with self._progress.task("Training", self._epochs * steps) as task:
            for number in range(1, self._epochs + 1):
                curve.append(self._epoch(number, task))
                validation = curve[-1].validation
                score = validation.combined if validation else float(number)
                if score > best_score:
                    best, best_score, weights = number, score, self._averages.values()
                elif number - best >= self._settings.patience:
                    break
        if curve[-1].loss > self._chance - _CHANCE_MARGIN:
            raise TrainingError(
                f"the loss stayed at {curve[-1].loss:.3f}, that of guessing among the candidates "
                f"({self._chance:.3f}): nothing was learnt. Look at the data (are ids shuffled against each "
                "other?) and at the learning rate."
            )
        self._use(weights)
        return Fit(self._model, self._towers, tuple(curve), best)

    def _epoch(self, number: int, task: Task) -> Epoch:
        start, total, targets = time.perf_counter(), 0.0, 0
        for inputs in self._steps:
            loss = float(self._train_step(inputs)["loss"])
            self._averages.step()
            if not math.isfinite(loss):
                raise TrainingError(f"the loss became {loss} in epoch {number}: try a lower learning_rate")
            total, targets = total + loss * len(inputs["place"]), targets + len(inputs["place"])
            task.advance()
        validation = self._validate()
        epoch = Epoch(
            number, total / targets, self._chance, self._model.temperature, time.perf_counter() - start, validation
        )
        task.note(describe(epoch))
        return epoch

    def _validate(self) -> ValidationScore | None:
        """The score of the averaged weights, which are those that would be kept."""
        if self._judge is None:
            return None
        live = [variable.numpy() for variable in self._model.trainable_variables]
        self._use(self._averages.values())
        score = self._judge.score(self._towers)
        self._use(live)
        return score

    def _use(self, weights: list[npt.NDArray[np.float32]]) -> None:
        for variable, value in zip(self._model.trainable_variables, weights, strict=True):
            variable.assign(value)


def describe(epoch: Epoch) -> str:
    """One line about an epoch, for people."""
    line = f"epoch {epoch.number}: loss {epoch.loss:.3f} (guessing {epoch.chance:.3f})"
    if epoch.validation:
        line += f", held out ndcg@10 {epoch.validation.ndcg_10:.4f}, recall@100 {epoch.validation.recall_100:.4f}"
    return line
