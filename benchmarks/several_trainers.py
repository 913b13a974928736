"""Whether two workers of `tf.distribute` on loopback learn what one learns: the loss of each epoch, and the weights.

    python -m benchmarks.several_trainers

Every worker makes the same steps from the same seed and encodes the same candidates, but reads only its share of the
people of a step. The gradients, each weighted by its worker's share of the events, are added up: their sum is the
gradient of the whole step. A softmax over a worker's own candidates would be another, easier task.

A third run kills one of the two in the middle of an epoch. Both are started again, go on from the checkpoint of the
epoch before, and have to end with the same losses and weights.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

# TensorFlow reads both when it is imported, and the strategy has to be made before the towers start its runtime.
os.environ["TF_USE_LEGACY_KERAS"] = "1"

import numpy as np
import tensorflow as tf

_OF_PEOPLE = ("item", "present", "rating", "context", "metadata", "user", "known")
_OF_EVENTS = ("place", "positive", "share")
_EPOCHS, _WORKERS = 3, 2
_KILLED_IN_EPOCH, _KILLED_AT_STEP = 2, 5
_SECONDS_TO_NOTICE = 20


def main() -> None:
    """Run one worker, then two at once, then two of which one is killed, and compare."""
    if len(sys.argv) > 1:
        workers, rank, folder, dies = sys.argv[1:]
        print(json.dumps(_learn(int(workers), int(rank), Path(folder), dies=dies == "dies")))
        return
    with tempfile.TemporaryDirectory() as folder:
        one, two, killed = (Path(folder, name) for name in ("one", "two", "killed"))
        (alone,) = _figures(_start(1, one))
        together = _figures(_start(_WORKERS, two))
        print(_killed(killed))
        again = _figures(_start(_WORKERS, killed))
    _print("one worker", alone)
    for place, figures in enumerate(together, 1):
        _print(f"worker {place} of two", figures)
    for place, figures in enumerate(again, 1):
        _print(f"worker {place} of two, from the checkpoint after epoch {figures['resumed_after']}", figures)
    apart = max(abs(a - b) for run in (*together, *again) for a, b in zip(run["losses"], alone["losses"], strict=True))
    print(f"the losses differ by {apart:.1e} at most: {'equal' if apart < 1e-3 else 'NOT EQUAL'} within noise")


def _print(name: str, figures: dict[str, Any]) -> None:
    losses = ", ".join(f"{loss:.5f}" for loss in figures["losses"])
    print(f"{name}: loss {losses}; weights {figures['weights']:.4f}; {figures['seconds']:.1f} s")


def _killed(folder: Path) -> str:
    """Start two workers, the last of which kills itself, and end the other, which cannot go on alone."""
    first, last = _start(_WORKERS, folder, dies=True)
    last.communicate(timeout=600)
    try:
        first.communicate(timeout=_SECONDS_TO_NOTICE)
        end = f"ended with code {first.returncode}"
    except subprocess.TimeoutExpired:
        first.kill()
        first.communicate()
        end = f"waited, and was ended after {_SECONDS_TO_NOTICE} s"
    return f"worker 2 of two was killed in epoch {_KILLED_IN_EPOCH} ({last.returncode}); the other {end}"


def _start(workers: int, folder: Path, *, dies: bool = False) -> list[subprocess.Popen[str]]:
    """Start the workers. folder: of the checkpoint. dies: whether the last one kills itself."""
    folder.mkdir(exist_ok=True)
    cluster = {"worker": [f"127.0.0.1:{_free_port()}" for _ in range(workers)]}
    running = []
    for rank in range(workers):
        task = {"cluster": cluster, "task": {"type": "worker", "index": rank}}
        own = {"TF_CONFIG": json.dumps(task)} if workers > 1 else {}
        fate = "dies" if dies and rank == workers - 1 else "lives"
        command = [sys.executable, "-m", "benchmarks.several_trainers", str(workers), str(rank), str(folder), fate]
        running.append(
            subprocess.Popen(
                command, env={**os.environ, **own}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
        )
    return running


def _figures(running: list[subprocess.Popen[str]]) -> list[dict[str, Any]]:
    """Wait for the workers' figures."""
    return [json.loads(process.communicate(timeout=600)[0].splitlines()[-1]) for process in running]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _learn(workers: int, rank: int, folder: Path, *, dies: bool) -> dict[str, Any]:
    """One worker's learning: the loss of each epoch, over all workers, and the sum of all weights' sizes."""
    strategy = tf.distribute.MultiWorkerMirroredStrategy() if workers > 1 else tf.distribute.get_strategy()
    from benchmarks.catalogues import catalogue
    from pharos.towers.retrieval.assembly import build, compile_for, prepare
    from pharos.towers.retrieval.checkpoints import Checkpoint
    from pharos.towers.retrieval.steps import Steps
    from pharos.towers.settings import TrainingSettings

    # Without chance inside of TensorFlow, which would differ between the workers, the results can be compared.
    settings = TrainingSettings(text_model="", event_dropout=0, item_id_dropout=0, user_id_dropout=0)
    dataset = catalogue(5_000, 1_500, 60_000)
    data = prepare(dataset, dataset.interactions, settings, None)
    rng = np.random.default_rng(0)
    steps = Steps(data, settings.batch_events, settings.negatives, settings.ahead, rng)
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
    checkpoint, started = Checkpoint(folder / "fit.npz", resume=True), time.perf_counter()
    losses = _resume(checkpoint, model, rng)
    resumed_after = len(losses)
    while len(losses) < _EPOCHS:
        total = events = 0.0
        for number, inputs in enumerate(steps):
            if dies and len(losses) + 1 == _KILLED_IN_EPOCH and number == _KILLED_AT_STEP:
                os.kill(os.getpid(), signal.SIGKILL)
            total += float(step(*_part(inputs, workers, rank))) * len(inputs["place"])
            events += len(inputs["place"])
        losses.append(total / events)
        if rank == 0:
            _keep(checkpoint, model, rng, losses)
    weights = sum(float(np.abs(variable.numpy()).sum()) for variable in model.trainable_variables)
    seconds = time.perf_counter() - started
    return {"losses": losses, "weights": weights, "seconds": seconds, "resumed_after": resumed_after}


def _variables(model: Any) -> dict[str, Any]:
    return {"weights": model.trainable_variables, "optimizer": model.optimizer.variables}


def _resume(checkpoint: Any, model: Any, rng: np.random.Generator) -> list[float]:
    """Begin with what the checkpoint holds, if it holds anything; returns the losses of the epochs before."""
    state = checkpoint.read()
    if state is None:
        return []
    for name, variables in _variables(model).items():
        for variable, value in zip(variables, state.arrays[name], strict=True):
            variable.assign(value)
    rng.bit_generator.state = json.loads(state.facts.generator)
    return [epoch.loss for epoch in state.facts.curve]


def _keep(checkpoint: Any, model: Any, rng: np.random.Generator, losses: list[float]) -> None:
    """Write the state after an epoch, as `pharos train` does."""
    from pharos.towers.retrieval.checkpoints import Facts, State
    from pharos.towers.retrieval.epochs import Epoch

    curve = [Epoch(place + 1, loss, 0.0, 1.0, 0.0) for place, loss in enumerate(losses)]
    facts = Facts(
        curve=curve, best=len(curve), best_score=0.0, falls=0, rate=1.0, average_steps=0, average_looks=0,
        generator=json.dumps(rng.bit_generator.state), ended=len(curve) == _EPOCHS,
    )  # fmt: skip
    arrays = {name: [variable.numpy() for variable in variables] for name, variables in _variables(model).items()}
    checkpoint.write(State(facts, arrays))


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
