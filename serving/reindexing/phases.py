"""What a job is at, and how it says so."""

from enum import StrEnum
from typing import Protocol


class Phase(StrEnum):
    """The phases of a re-index, in their order."""

    LOADING = "loading"  # the bundle, and the process that builds
    BUILDING = "building"  # items are encoded and uploaded
    PROVING = "proving"  # the collection is put in shape and verified
    CATCHING_UP = "catching up"  # what changed meanwhile is replayed
    SWITCHING = "switching"  # the last changes, and the alias
    LIVE = "live"


class Report(Protocol):
    """Told where the work stands; done, total: items of the phase. May raise, to stop the work."""

    def __call__(self, phase: Phase, done: int = 0, total: int = 0) -> None: ...  # noqa: D102
