"""The training loop of both towers, with early stopping."""

import json
import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.towers.backend import tf
from pharos.towers.errors import TrainingError
from pharos.towers.optimizer import MovingAverage
from pharos.towers.progress import Progress, Task
from pharos.towers.retrieval.assembly import as_two_towers, build, compile_for, compiled_step, prepare, take_over
from pharos.towers.retrieval.checkpoints import Checkpoint, Facts, State
from pharos.towers.retrieval.epochs import Epoch, describe
from pharos.towers.retrieval.model import RetrievalModel
from pharos.towers.retrieval.spectral import spectral_start
from pharos.towers.retrieval.steps import Steps, TrainingData, TrainingSteps
from pharos.towers.retrieval.two_towers import TwoTowers
from pharos.towers.retrieval.unordered_steps import UnorderedSteps
from pharos.towers.retrieval.validation import Validation, ValidationScore
from pharos.towers.schedule import WarmUpAndDecay, WarmUpAndSteps
from pharos.towers.settings import TrainingSettings

# With a loss this close to that of guessing, nothing was learnt.
_CHANCE_MARGIN = 0.01
# The factor of the learning rate after an epoch without improvement.
_FALL = 0.3
# The least epochs of continued training, and the epochs of training without held-out events.
_FEWEST_FURTHER = 2
_UNJUDGED = 10
_FEWEST = 2
_MIN_STEPS = 30
_MIN_EVENTS = 64


@dataclass(frozen=True)
class Fit:
    """The result of a fit: the towers as they were after `best_epoch`, and the record of all epochs.

    unlearnt: why nothing was learnt, None where something was. Such towers know no ids: an item's vector is a
    random projection of its metadata, so that similar items have similar vectors.
    """

    model: RetrievalModel
    towers: TwoTowers
    curve: tuple[Epoch, ...]
    best_epoch: int
    unlearnt: str | None = None


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
    checkpoint: Checkpoint | None = None,
) -> Fit:
    """Fit on `events` until the score on held-out events stops rising, or for the most epochs that the settings allow.

    text: float32 [items, d], the vectors of the documents of all items of the data set, None for no text;
    candidates: bool [items], the items among which held-out events are to be found, None for all. earlier: a fit on
    some of the events, whose towers are trained on, for half of its best epoch count; the result is as good as that
    of training from scratch. checkpoint: where the state after an epoch is kept, and what to go on from, if anything.
    Raises TrainingError where the loss is no number any more.
    """
    tf.keras.utils.set_random_seed(settings.seed)
    data = prepare(dataset, events, settings, text, earlier.towers.spec if earlier else None)
    model = build(data, settings)
    towers = as_two_towers(model, data, settings.dimensions)
    if reason := _too_few(events):
        return _without_ids(model, towers, (), reason)
    judge = None
    if held_out is not None and len(held_out):
        judge = Validation(dataset, events, held_out, text, candidates)
    return _Loop(model, towers, data, settings, judge, earlier, progress, checkpoint).run()


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
        checkpoint: Checkpoint | None,
    ) -> None:
        self._checkpoint = checkpoint
        self._model, self._towers, self._data, self._settings = model, towers, data, settings
        self._judge, self._progress = judge, progress
        self._epochs = _epochs(settings, judge, earlier)
        self._rng = rng = np.random.default_rng(settings.seed)
        # A small data set has small batches, or it would have no steps to learn in.
        events = min(settings.batch_events, max(len(data.sequences) // _MIN_STEPS, _MIN_EVENTS))
        self._steps: TrainingSteps = (
            Steps(data, events, settings.negatives, settings.ahead, rng)
            if data.spec.scale.timed
            else UnorderedSteps(data, events, settings.negatives, rng)
        )
        self._chance = self._steps.chance()
        peak = settings.learning_rate * (1.0 if data.spec.scale.timed else settings.unordered_pace)
        # Without held-out events the rate decays on a schedule.
        total = self._steps.count() * self._epochs
        self._rate = WarmUpAndSteps(peak, settings.warmup_steps) if judge else None
        compile_for(model, self._rate or WarmUpAndDecay(peak, settings.warmup_steps, total))
        self._train_step, self._averages = self._compile(earlier, rng)

    def _compile(self, earlier: Fit | None, rng: np.random.Generator) -> tuple[Any, MovingAverage]:
        inputs = next(iter(self._steps))
        # Layers make their weights when they are first called.
        self._model.compute_loss(inputs)
        data = self._data
        if earlier:
            take_over(self._model, earlier.model)
        elif data.spec.scale.timed:
            start = spectral_start(data.sequences, data.items, self._settings.dimensions, rng, self._progress)
            self._model.item_tower.start(data.codes, start)
        return compiled_step(self._model, inputs), MovingAverage(
            self._model.trainable_variables, self._settings.averaging
        )

    def run(self) -> Fit:
        curve: list[Epoch] = []
        best, best_score, weights, falls, ended = 0, -math.inf, self._averages.values(), 0, False
        if state := self._checkpoint.read() if self._checkpoint else None:
            self._restore(state)
            curve, ended = list(state.facts.curve), state.facts.ended
            best, best_score, falls = state.facts.best, state.facts.best_score, state.facts.falls
            weights = list(state.arrays["best"])
            self._progress.say(f"Going on after epoch {len(curve)}.")
        with self._progress.task("Training", self._epochs * self._steps.count()) as task:
            task.advance(len(curve) * self._steps.count())
            while not ended:
                number = len(curve) + 1
                curve.append(self._epoch(number, task))
                validation = curve[-1].validation
                score = validation.combined if validation else float(number)
                ended = number == self._epochs
                if score > best_score:
                    best, best_score, weights = number, score, self._averages.values()
                elif number - best > falls * self._settings.patience:
                    if falls == self._settings.rate_falls:
                        ended = True
                    else:
                        falls += 1
                        self._fall_back(weights)
                self._keep(curve, best, best_score, weights, falls, ended=ended)
        if curve[-1].loss > self._chance - _CHANCE_MARGIN:
            reason = (
                f"the loss stayed at {curve[-1].loss:.3f}, that of guessing among the candidates ({self._chance:.3f}): "
                "either all users are alike, or the ids of the tables do not belong together"
            )
            return _without_ids(self._model, self._towers, tuple(curve), reason)
        self._assign_weights(weights)
        return Fit(self._model, self._towers, tuple(curve), best)

    def _keep(
        self,
        curve: list[Epoch],
        best: int,
        best_score: float,
        weights: list[npt.NDArray[np.float32]],
        falls: int,
        *,
        ended: bool,
    ) -> None:
        """Write a checkpoint, if one is due."""
        if self._checkpoint is None or not (ended or self._checkpoint.is_due()):
            return
        steps, looks = self._averages.counts
        facts = Facts(
            curve=curve, best=best, best_score=best_score, falls=falls, ended=ended, average_steps=steps,
            average_looks=looks, rate=self._rate.share if self._rate else 1.0,
            generator=json.dumps(self._rng.bit_generator.state),
        )  # fmt: skip
        live = {name: [variable.numpy() for variable in variables] for name, variables in self._variables().items()}
        self._checkpoint.write(State(facts, {**live, "averages": self._averages.values(), "best": weights}))

    def _restore(self, state: State) -> None:
        for name, variables in self._variables().items():
            for variable, value in zip(variables, state.arrays[name], strict=True):
                variable.assign(value)
        facts = state.facts
        self._averages.restore(state.arrays["averages"], (facts.average_steps, facts.average_looks))
        if self._rate is not None:
            self._rate.share = facts.rate
        self._rng.bit_generator.state = json.loads(facts.generator)

    def _variables(self) -> dict[str, Any]:
        """All variables that a training step changes."""
        self._model.optimizer.build(self._model.trainable_variables)
        return {"weights": self._model.trainable_variables, "optimizer": self._model.optimizer.variables}

    def _fall_back(self, weights: list[npt.NDArray[np.float32]]) -> None:
        """Return to the best weights so far and lower the learning rate."""
        if self._rate is not None:
            self._rate.fall(_FALL)
            self._assign_weights(weights)
            self._averages.restart()

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
        """Score the averaged weights, which are those that would be kept."""
        if self._judge is None:
            return None
        live = [variable.numpy() for variable in self._model.trainable_variables]
        self._assign_weights(self._averages.values())
        score = self._judge.score(self._towers)
        self._assign_weights(live)
        return score

    def _assign_weights(self, weights: list[npt.NDArray[np.float32]]) -> None:
        for variable, value in zip(self._model.trainable_variables, weights, strict=True):
            variable.assign(value)


def _too_few(events: pd.DataFrame) -> str | None:
    """Why these events are too few to learn from; None where they may be enough."""
    items, users = events[Columns.ITEM].nunique(), events[Columns.USER].nunique()
    if items >= _FEWEST and users >= _FEWEST:
        return None
    return f"{len(events):,} events of {users:,} users on {items:,} items; towers need {_FEWEST} of each"


def _without_ids(model: RetrievalModel, towers: TwoTowers, curve: tuple[Epoch, ...], reason: str) -> Fit:
    model.item_tower.forget_ids()
    return Fit(model, towers, curve, 0, reason)


def _epochs(settings: TrainingSettings, judge: Validation | None, earlier: Fit | None) -> int:
    """The most epochs: of the settings with held-out events; else half of the best count so far, or a default."""
    if judge:
        return settings.max_epochs
    return (
        min(max(earlier.best_epoch // 2, _FEWEST_FURTHER), settings.max_epochs)
        if earlier
        else min(_UNJUDGED, settings.max_epochs)
    )
