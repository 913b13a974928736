"""How widely a graph of vectors is searched, the same on every engine."""

from typing import Final

from pharos.indexing.searching import EngineQuery

# What a filter leaves out costs the graph recall, of short vectors more than of long ones, and these take longer to
# score. Chosen by measurement: see "Wider searches behind filters" in docs/experiments.md.
_USUAL: Final = 256
_FILTERED_SHORT: Final = 1536
_FILTERED_LONG: Final = 640
_LONG: Final = 256


def search_width(asked: EngineQuery, *, filtered: bool) -> int:
    """The points of the graph that a search keeps in view (`hnsw_ef`). filtered: by more than `only_shown`."""
    if not filtered or asked.exact:
        return _USUAL
    return _FILTERED_LONG if len(asked.query.vector) >= _LONG else _FILTERED_SHORT
