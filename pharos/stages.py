"""The parts of the server's pipeline that need no store and no index, for the pipeline in memory.

All that the Python API takes from `pharos.serving` stands here, so that both give the same lists.
"""

from typing import Final

from pharos.serving.pipeline.answers import RETRIEVED, Candidate, Source, interleave
from pharos.serving.pipeline.encode import EncodedPerson
from pharos.serving.pipeline.new_items import SPARE as SPARE_NEW
from pharos.serving.pipeline.quota import inserted, missing
from pharos.serving.pipeline.relevance import relevance, scale
from pharos.serving.pipeline.requests import SimilarMethod
from pharos.serving.settings import Settings
from pharos.serving.store.titles import title_words

CANDIDATES: Final[int] = Settings.model_fields["candidates"].default
"""How many candidates are ranked at least."""
MAX_HISTORY: Final[int] = Settings.model_fields["max_history"].default
"""Of how many events of a person the newest are read."""
EVENT_WEIGHTS: Final[dict[str, float]] = Settings.model_fields["event_weights"].default
"""What an event of each type counts in popularity."""
FEWER_EVENTS: Final[int] = Settings.model_fields["new_events"].default
"""An item counts as new while it has fewer events."""

__all__ = [
    "CANDIDATES",
    "EVENT_WEIGHTS",
    "FEWER_EVENTS",
    "MAX_HISTORY",
    "RETRIEVED",
    "SPARE_NEW",
    "Candidate",
    "EncodedPerson",
    "SimilarMethod",
    "Source",
    "inserted",
    "interleave",
    "missing",
    "relevance",
    "scale",
    "title_words",
]
