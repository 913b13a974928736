"""A clock that is set wrong, as all code of this process reads it; what counts seconds that never go back is left."""

import time
from datetime import datetime, tzinfo
from typing import Self

import pytest

_HOUR, _DAY = 3600.0, 86_400.0
_REAL = time.time
_READERS = ("indexing.build", "indexing.index_folder", "indexing.live_times", "indexing.server")

AFTER_2038 = 2.0**31 + 3600
"""Unix seconds that 32 bits do not hold."""


class Clock:
    """The wall clock, `off` seconds ahead of the right time."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.off = 0.0
        clock = self

        class Shifted(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Self:
                return cls.fromtimestamp(clock.now(), tz)

        patch.setattr(time, "time", self.now)
        # gRPC holds the moment against the system's clock, which is right here.
        patch.setattr("grpc._channel._deadline", lambda seconds: None if seconds is None else _REAL() + seconds)
        for reader in _READERS:
            patch.setattr(f"pharos.{reader}.datetime", Shifted, raising=False)

    def now(self) -> float:
        """Unix seconds as this machine now takes them."""
        return _REAL() + self.off

    def jump(self, how: str) -> None:
        """Set it wrong: an hour back, a day ahead, or past 2038; or right again."""
        self.off = {"back": -_HOUR, "ahead": _DAY, "2038": AFTER_2038 - _REAL(), "right": 0.0}[how]
