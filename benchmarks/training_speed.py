"""How many training examples a second, beside a plain two-tower of TFRS on the same batches.

    python -m benchmarks.training_speed [DATA]

Ours has histories, features and both kinds of negatives: those of the batch and uniform ones. The plain one has an id
embedding and a hidden layer on either side, of the same widths, and learns the same (user, next item) pairs by
`tfrs.tasks.Retrieval` against the negatives of the batch, with Adagrad, as the tutorial of TFRS does. Both rates
count the making of their inputs; the share of that is a figure of its own, since it is what a faster processor would
wait for.
"""

import sys
import time
from typing import Any

import numpy as np

from benchmarks.catalogues import catalogue
from benchmarks.measurement import Bar, Measurement, Options, table
from pharos.ingest.dataset import Dataset
from pharos.ingest.load import load_dataset
from pharos.towers.backend import tf, tfrs
from pharos.towers.retrieval.assembly import build, compile_for, compiled_step, prepare
from pharos.towers.retrieval.steps import Steps, TrainingData
from pharos.towers.schedule import WarmUpAndDecay
from pharos.towers.settings import TrainingSettings

ITEMS, USERS, EVENTS, STEPS, WARM_UP = 10_000, 4_000, 400_000, 100, 10
SETTINGS = TrainingSettings(text_model="")


def main() -> None:
    """Measure and print."""
    data = sys.argv[1] if len(sys.argv) > 1 else ""
    print(table([("training_speed", one) for one in measure(Options(data=data))]))


def measure(options: Options) -> list[Measurement]:
    """On made-up data, or on the data set given."""
    dataset = load_dataset(options.data) if options.data else catalogue(ITEMS, USERS, EVENTS)
    tf.keras.utils.set_random_seed(0)
    data = prepare(dataset, dataset.interactions, SETTINGS, None)
    steps = Steps(data, SETTINGS.batch_events, SETTINGS.negatives, SETTINGS.ahead, np.random.default_rng(0))
    return compare(dataset, data, steps)


def compare(dataset: Dataset, data: TrainingData, steps: Steps) -> list[Measurement]:
    """Both models in turns, a batch at a time."""
    model, plain = build(data, SETTINGS), Plain(len(data.user_codes), data.items)
    compile_for(model, WarmUpAndDecay(SETTINGS.learning_rate, SETTINGS.warmup_steps, STEPS))
    made, ours, floor, count = list[float](), list[float](), list[float](), list[int]()
    train, batches = None, _endless(steps)
    for _ in range(WARM_UP + STEPS):
        started = time.perf_counter()
        inputs = next(batches)
        made.append(time.perf_counter() - started)
        train = train or compiled_step(model, inputs)
        started = time.perf_counter()
        float(train(inputs)["loss"])
        ours.append(time.perf_counter() - started)
        started = time.perf_counter()
        plain.learn(*pairs(data, inputs))
        floor.append(time.perf_counter() - started)
        count.append(len(inputs["place"]))
    targets, making, taken, bare = (np.array(values[WARM_UP:]) for values in (count, made, ours, floor))
    name = f"training, {dataset.name}"
    rates = Measurement.of(
        name, "events/s", list(targets / (making + taken)), floor=list(targets / bare), higher_is_better=True,
        bar=Bar(of="ratio", limit=0.8), note=f"about {np.median(targets):,.0f} events a step; floor: TFRS, ids alone",
    )  # fmt: skip
    share = Measurement.of(f"{name}: making the inputs", "% of the time", list(100 * making / (making + taken)))
    return [rates, share]


def pairs(data: TrainingData, inputs: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """The user and the next item, int32 [t] each, of every place of a step."""
    user = inputs["user"][inputs["place"] // inputs["context"].shape[1]]
    return user, inputs["items"]["code"][inputs["positive"][:, 0]]


class Plain:
    """The two-tower of TFRS's tutorial with a hidden layer, as wide as ours."""

    def __init__(self, users: int, items: int) -> None:
        dense = tf.keras.layers.Dense
        width = SETTINGS.dimensions
        self._user = tf.keras.Sequential(
            [tf.keras.layers.Embedding(users + 1, width), dense(SETTINGS.user_hidden, "relu"), dense(width)]
        )
        self._item = tf.keras.Sequential(
            [tf.keras.layers.Embedding(items + 1, width), dense(SETTINGS.item_hidden, "relu"), dense(width)]
        )
        self._task, self._optimizer = tfrs.tasks.Retrieval(), tf.keras.optimizers.Adagrad(0.1)
        signature = [tf.TensorSpec([None], tf.int32)] * 2
        self._step = tf.function(self._train, input_signature=signature)
        self._user(np.zeros(1, np.int32))
        self._item(np.zeros(1, np.int32))
        self._optimizer.build(self._variables)

    def learn(self, user: np.ndarray, item: np.ndarray) -> float:
        """One step; returns the loss."""
        return float(self._step(user, item))

    @property
    def _variables(self) -> list[Any]:
        return [*self._user.trainable_variables, *self._item.trainable_variables]

    def _train(self, user: Any, item: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = self._task(self._user(user), self._item(item), compute_metrics=False)
        self._optimizer.apply_gradients(zip(tape.gradient(loss, self._variables), self._variables, strict=True))
        return loss


def _endless(steps: Steps) -> Any:
    while True:
        yield from steps


if __name__ == "__main__":
    main()
