"""Whether two workers of `tf.distribute` on loopback learn what one learns: the loss of each epoch, and the weights.

    python -m benchmarks.several_trainers

Every worker makes the same steps from the same seed and encodes the same candidates, but reads only its share of the
people of a step. The gradients, each weighted by its worker's share of the events, are added up: their sum is the
gradient of the whole step. A softmax over a worker's own candidates would be another, easier task.
"""

import json
import os
import socket
import subprocess
import sys
import time
from typing import Any

# TensorFlow reads both when it is imported, and the strategy has to be made before the towers start its runtime.
os.environ["TF_USE_LEGACY_KERAS"] = "1"

import numpy as np
import tensorflow as tf

_OF_PEOPLE = ("item", "present", "rating", "context", "metadata", "user", "known")
_OF_EVENTS = ("place", "positive", "share")
_EPOCHS, _WORKERS = 2, 2


def main() -> None:
    """Run one worker, then two at once, and compare."""
    if len(sys.argv) > 1:
        print(json.dumps(_learn(int(sys.argv[1]), int(sys.argv[2]))))
        return
    alone, *together = [_run(1)[0], *_run(_WORKERS)]
    for name, figures in [("one worker", alone), *((f"worker {n + 1} of two", one) for n, one in enumerate(together))]:
        losses = ", ".join(f"{loss:.5f}" for loss in figures["losses"])
        print(f"{name}: loss {losses}; weights {figures['weights']:.4f}; {figures['seconds']:.1f} s")
    apart = max(abs(a - b) for one in together for a, b in zip(one["losses"], alone["losses"], strict=True))
    print(f"the losses differ by {apart:.1e} at most: {'equal' if apart < 1e-3 else 'NOT EQUAL'} within noise")


def _run(workers: int) -> list[dict[str, Any]]:
    """Start the workers and wait for their figures."""
    cluster = {"worker": [f"127.0.0.1:{_free_port()}" for _ in range(workers)]}
    running = []
    for rank in range(workers):
        task = {"cluster": cluster, "task": {"type": "worker", "index": rank}}
        own = {"TF_CONFIG": json.dumps(task)} if workers > 1 else {}
        command = [sys.executable, "-m", "benchmarks.several_trainers", str(workers), str(rank)]
        running.append(
            subprocess.Popen(
                command, env={**os.environ, **own}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
        )
    return [json.loads(process.communicate(timeout=600)[0].splitlines()[-1]) for process in running]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _learn(workers: int, rank: int) -> dict[str, Any]:
    """One worker's learning: the loss of each epoch, over all workers, and the sum of all weights' sizes."""
    strategy = tf.distribute.MultiWorkerMirroredStrategy() if workers > 1 else tf.distribute.get_strategy()
    from benchmarks.catalogues import catalogue
    from pharos.towers.retrieval.assembly import build, compile_for, prepare
    from pharos.towers.retrieval.steps import Steps
    from pharos.towers.settings import TrainingSettings

    # Without chance inside of TensorFlow, which would differ between the workers, the results can be compared.
    settings = TrainingSettings(text_model="", event_dropout=0, item_id_dropout=0, user_id_dropout=0)
    dataset = catalogue(5_000, 1_500, 60_000)
    data = prepare(dataset, dataset.interactions, settings, None)
    steps = Steps(data, settings.batch_events, settings.negatives, settings.ahead, np.random.default_rng(0))
    tf.keras.utils.set_random_seed(0)
    first = next(iter(steps))
    with strategy.scope():
        model = build(data, settings)
        model.compute_loss(first)
        compile_for(model, settings.learning_rate)
        model.optimizer.build(model.trainable_variables)

    def train(inputs: dict[str, Any], share: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = model.compute_loss(inputs, training=True) * share
        # The optimizer adds up the gradients of all workers before it clips and applies them.
        model.optimizer.minimize(loss, model.trainable_variables, tape=tape)
        return loss

    step = tf.function(
        lambda inputs, share: strategy.reduce("SUM", strategy.run(train, (inputs, share)), axis=None),
        autograph=False, reduce_retracing=True,
    )  # fmt: skip
    losses, started = [], time.perf_counter()
    for _ in range(_EPOCHS):
        total = events = 0.0
        for inputs in steps:
            total += float(step(*_part(inputs, workers, rank))) * len(inputs["place"])
            events += len(inputs["place"])
        losses.append(total / events)
    weights = sum(float(np.abs(variable.numpy()).sum()) for variable in model.trainable_variables)
    return {"losses": losses, "weights": weights, "seconds": time.perf_counter() - started}


def _part(inputs: dict[str, Any], workers: int, rank: int) -> tuple[dict[str, Any], np.float32]:
    """A worker's share of the people of a step, all candidates, and its share of the events."""
    rows, length = inputs["present"].shape
    start, stop = (rows * edge // workers for edge in (rank, rank + 1))
    own = (inputs["place"] // length >= start) & (inputs["place"] // length < stop)
    part = {name: value[start:stop] if name in _OF_PEOPLE else value for name, value in inputs.items()}
    part |= {name: inputs[name][own] for name in _OF_EVENTS}
    part["place"] = part["place"] - start * length
    return part, np.float32(own.mean())


if __name__ == "__main__":
    main()
