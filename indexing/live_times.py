"""When a collection came to be live: later than all before it, even where the clock was set back meanwhile."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

_TICK: Final = timedelta(microseconds=1)


def next_live_at(before: Iterable[datetime | None]) -> datetime:
    """Now, or just after the last of these. A rollback and what is kept for one go by the order of these times."""
    last = max((time for time in before if time is not None), default=None)
    now = datetime.now(UTC)
    return now if last is None else max(now, last + _TICK)
