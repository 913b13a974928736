"""Checkpoints of training: the state after an epoch, as a file that outlives a crash."""

import hashlib
import shutil
import time
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from pharos.ingest.dataset import Dataset
from pharos.ingest.durable_files import make_durably, sync
from pharos.ingest.fingerprint import fingerprint
from pharos.towers.errors import TrainingError
from pharos.towers.retrieval.epochs import Epoch
from pharos.towers.settings import TrainingSettings

_FOLDER: Final = ".checkpoints"
_FACTS: Final = "facts"
# Short epochs are not all worth a write: so many seconds lie between two, or so many times what the last one took.
_LEAST_SECONDS: Final = 10.0
_LEAST_TIMES: Final = 20.0
# What was never gone on with does not stay for ever.
_KEPT_SECONDS: Final = 14 * 86_400.0


class Facts(BaseModel):
    """The numbers of a state. generator: the state of NumPy's, as JSON. falls: of the learning rate; rate: its share.

    average_steps, average_looks: counts of the moving average. ended: whether no further epoch follows.
    """

    model_config = ConfigDict(frozen=True)

    curve: list[Epoch]
    best: int
    best_score: float
    falls: int
    rate: float
    average_steps: int
    average_looks: int
    generator: str
    ended: bool


@dataclass(frozen=True)
class State:
    """The state after an epoch. arrays: groups of weights, each in the order of its variables."""

    facts: Facts
    arrays: Mapping[str, Sequence[npt.NDArray[Any]]]


class Checkpoint:
    """The file of one fit. resume: whether to begin with what it holds."""

    def __init__(self, path: Path, *, resume: bool) -> None:
        self._path = path
        self._resume = resume
        self._written, self._took = time.monotonic(), 0.0

    def read(self) -> State | None:
        """The state to begin with; None for the beginning. Raises TrainingError where the file is damaged."""
        if not self._resume or not self._path.is_file():
            return None
        try:
            with np.load(self._path, allow_pickle=False) as stored:
                facts = Facts.model_validate_json(stored[_FACTS].tobytes())
                groups: dict[str, list[npt.NDArray[Any]]] = {}
                for name in stored.files:
                    if name != _FACTS:
                        groups.setdefault(name.split(".")[0], []).append(stored[name])
        except (OSError, ValueError, KeyError, zipfile.BadZipFile, zlib.error) as error:
            raise TrainingError(f"the checkpoint {self._path} is damaged: {error}; train without --resume") from error
        return State(facts, groups)

    def is_due(self) -> bool:
        """Whether the last write is long enough ago."""
        return time.monotonic() - self._written >= max(_LEAST_SECONDS, _LEAST_TIMES * self._took)

    def write(self, state: State) -> None:
        """Replace the file in one atomic step; it is on the disk when this returns."""
        started = time.monotonic()
        beside = self._path.with_name(f".{self._path.name}.new")
        facts = np.frombuffer(state.facts.model_dump_json().encode(), np.uint8)
        # The order of the names in the file is that of the variables.
        arrays = {f"{group}.{place}": array for group, all_ in state.arrays.items() for place, array in enumerate(all_)}
        with beside.open("wb") as file:
            np.savez(file, **{_FACTS: facts}, **arrays)  # type: ignore[arg-type]
        sync(beside)
        beside.replace(self._path)
        sync(self._path.parent)
        self._written = time.monotonic()
        self._took = self._written - started


class Checkpoints:
    """The checkpoints of one training, in a folder below `bundles` that its data and its settings name.

    resume: whether to go on from those that are there. Raises TrainingError where there are none then.
    """

    def __init__(self, bundles: Path, dataset: Dataset, settings: TrainingSettings, *, resume: bool) -> None:
        self._resume = resume
        above = bundles / _FOLDER
        key = hashlib.sha256(f"{fingerprint(dataset)}\n{settings.model_dump_json()}".encode()).hexdigest()
        self._folder = above / key[:16]
        if resume and not any(self._folder.glob("*.npz")):
            raise TrainingError(
                f"there is nothing to go on with: {above} holds no checkpoint of these data with these settings. "
                "Name the same data and settings as before, or train without --resume"
            )
        _forget_old(above)
        if not resume:
            shutil.rmtree(self._folder, ignore_errors=True)
        make_durably(self._folder)

    def of(self, fit: str) -> Checkpoint:
        """The checkpoint of one of the fits of the training, by its name."""
        return Checkpoint(self._folder / f"{fit}.npz", resume=self._resume)

    def remove(self) -> None:
        """Delete them, once the training is done."""
        shutil.rmtree(self._folder, ignore_errors=True)
        with suppress(OSError):  # those of another training are there
            self._folder.parent.rmdir()


def _forget_old(above: Path) -> None:
    for folder in above.glob("*"):
        newest = max((file.stat().st_mtime for file in folder.glob("*")), default=folder.stat().st_mtime)
        if time.time() - newest > _KEPT_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)
