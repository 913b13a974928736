"""When a collection came to be live: later than all before it, even where the clock was set back meanwhile."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

LIVE_AT: Final = "live_at"
"""In the metadata of a collection on a server: when it was last made live."""
GOING_LIVE_AT: Final = "going_live_at"
"""The same, from before the alias points to it: it counts only where the alias does."""
_TICK: Final = timedelta(microseconds=1)


def next_live_at(before: Iterable[datetime | None]) -> datetime:
    """Now, or just after the last of these. A rollback and what is kept for one go by the order of these times."""
    last = max((time for time in before if time is not None), default=None)
    now = datetime.now(UTC)
    return now if last is None else max(now, last + _TICK)


def live_time(metadata: Mapping[str, Any], *, is_live: bool) -> str | None:
    """When a collection on a server was last made live. is_live: whether an alias points to it."""
    times = [str(metadata[key]) for key in (LIVE_AT, *([GOING_LIVE_AT] if is_live else [])) if metadata.get(key)]
    return max(times, default=None, key=datetime.fromisoformat)
