"""Training that is killed goes on from its last checkpoint."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from pharos.ingest.dataset import Dataset
from pharos.ingest.splits import chronological
from pharos.towers.bundle.bundle import Bundle, bundle_ids
from pharos.towers.errors import TrainingError
from pharos.towers.progress import Silent, Task
from pharos.towers.retrieval import checkpoints
from pharos.towers.retrieval.checkpoints import Checkpoint, Checkpoints
from pharos.towers.retrieval.fitting import Fit, fit
from pharos.towers.settings import TrainingSettings
from pharos.training import train
from tests.towers.conftest import QUICK
from tests.towers.worlds import two_camps

# Without chance inside of TensorFlow, whose generators a checkpoint does not hold, the results are equal.
CERTAIN = QUICK.model_copy(
    update={"item_id_dropout": 0.0, "user_id_dropout": 0.0, "event_dropout": 0.0, "ranker": False, "negatives": 8}
)
KILLED = """
import sys
from pathlib import Path
from tests.towers.test_checkpoints import train_until
train_until(Path(sys.argv[1]), sys.argv[2])
"""


class _Killer(Silent):
    """Kills this process, as a power cut does, at a note that begins with certain words."""

    def __init__(self, words: str) -> None:
        self._words = words

    @contextmanager
    def task(self, description: str, total: int | None = None) -> Iterator[Task]:
        """A task that does so."""
        yield _KillersTask(self._words)


class _KillersTask:
    def __init__(self, words: str) -> None:
        self._words = words

    def advance(self, steps: int = 1) -> None:
        pass

    def note(self, text: str) -> None:
        if text.startswith(self._words):
            os.kill(os.getpid(), signal.SIGKILL)


def world() -> Dataset:
    """Without features of users, which the user tower drops by chance."""
    return two_camps(user_features=False)


def train_until(bundles: Path, words: str) -> None:
    """Train with a checkpoint after each epoch, until a note that begins with these words."""
    checkpoints._LEAST_SECONDS = checkpoints._LEAST_TIMES = 0.0  # type: ignore[misc]
    train(world(), CERTAIN, bundles=bundles, text_cache=bundles, progress=_Killer(words))


def kill_after(bundles: Path, words: str) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(bundles), words], check=False, timeout=240)
    assert done.returncode == -signal.SIGKILL


def resume(bundles: Path, settings: TrainingSettings = CERTAIN) -> Bundle:
    return train(world(), settings, bundles=bundles, text_cache=bundles, progress=Silent(), resume=True).bundle


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("uninterrupted")
    return train(world(), CERTAIN, bundles=folder, text_cache=folder, progress=Silent()).bundle


@pytest.mark.slow
def test_a_killed_training_goes_on_to_the_same_result(uninterrupted: Bundle, tmp_path: Path) -> None:
    kill_after(tmp_path, "epoch 4:")
    assert bundle_ids(tmp_path) == []
    resumed = resume(tmp_path)
    assert [epoch["number"] for epoch in resumed.manifest.curve] == [
        epoch["number"] for epoch in uninterrupted.manifest.curve
    ]
    losses = [[epoch["loss"] for epoch in bundle.manifest.curve] for bundle in (resumed, uninterrupted)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-3)
    for figures in ("retrieval", "popularity"):
        assert resumed.manifest.evaluation[figures] == pytest.approx(
            uninterrupted.manifest.evaluation[figures], abs=0.01
        )
    assert bundle_ids(tmp_path) == [resumed.id]
    assert list((tmp_path / ".checkpoints").glob("*")) == []


def kept(folder: Path, data: Dataset, *, resume: bool = False) -> Fit:
    split = chronological(data.interactions)
    return fit(
        data, split.train, CERTAIN, text=None, progress=Silent(), held_out=split.validation,
        checkpoint=Checkpoint(folder / "one.npz", resume=resume),
    )  # fmt: skip


def test_a_fit_that_had_ended_is_taken_over_without_training(tmp_path: Path) -> None:
    first = kept(tmp_path, world())
    again = kept(tmp_path, world(), resume=True)
    assert again.curve == first.curve
    assert again.best_epoch == first.best_epoch
    for one, other in zip(first.model.trainable_variables, again.model.trainable_variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def test_without_a_checkpoint_of_these_settings_there_is_nothing_to_go_on_with(tmp_path: Path) -> None:
    Checkpoints(tmp_path, world(), CERTAIN, resume=False).of("selection")
    with pytest.raises(TrainingError, match="holds no checkpoint of these data with these settings"):
        resume(tmp_path, CERTAIN.model_copy(update={"dimensions": 8}))


def test_a_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / "one.npz").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(TrainingError, match=r"one\.npz is damaged"):
        kept(tmp_path, world(), resume=True)
