"""A world in which every right answer can be told without computing: items on the face of a clock.

Item "3" points where the hour hand points at three o'clock, so the nearest to ten past three are 3, 4, 2, 5, 1 ...
"""

import numpy as np

from pharos.indexing.index import CollectionSpec, FloatArray, Point, VectorIndex
from pharos.indexing.payload import Payload, PayloadType

HOURS = 12
SPEC = CollectionSpec(
    vectors={"tower": 3, "text": 2},
    payload_fields={
        "item_id": PayloadType.KEYWORD,
        "parity": PayloadType.KEYWORD,
        "tags": PayloadType.KEYWORD,
        "año de salida": PayloadType.FLOAT,
        "available": PayloadType.BOOLEAN,
        "created_at": PayloadType.INTEGER,
        "morning": PayloadType.BOOLEAN,
    },
    bundle="clockwork",
)


def hand(hour: float, hours: int = HOURS) -> FloatArray:
    """Where the hand points: float32 [3], of length 1."""
    angle = 2 * np.pi * hour / hours
    return np.array([np.sin(angle), np.cos(angle), 0], dtype=np.float32)


def by_distance(hour: float) -> list[str]:
    """The items in the order of their distance from the hour, which must be nobody's middle."""
    return sorted(map(str, range(HOURS)), key=lambda item: abs((int(item) - hour + 6) % HOURS - 6))


def point(hour: int) -> Point:
    """The item of a full hour. Noon and midnight, 0, has no year, no tags, and is neither morning nor not."""
    payload: Payload = {
        "title": f"{hour} o'clock",
        "parity": "odd" if hour % 2 else "even",
        "available": True,
        "created_at": 1_700_000_000 + hour,
    }
    if hour:
        payload["tags"] = [
            tag for tag, step in {"half, or so": 2, "drittel": 3, "четверть": 4}.items() if hour % step == 0
        ]
        payload["año de salida"] = 1990.0 + hour
        payload["morning"] = hour < 6
    return Point(str(hour), {"tower": hand(hour), "text": hand(-hour)[:2].copy()}, payload)


def fill(index: VectorIndex, collection: str = "clock") -> str:
    """Create a collection with the twelve items; returns its name."""
    index.create(collection, SPEC)
    index.upsert(collection, [point(hour) for hour in range(HOURS)])
    return collection
