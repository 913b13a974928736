"""How widely the engines search a graph of vectors."""

from typing import Final

from pharos.indexing.searching import EngineQuery

# What a filter leaves out costs the graph recall, of short vectors more than of long ones, and these take longer to
# score. Chosen by measurement: see "Wider searches behind filters" in docs/experiments.md.
_USUAL: Final = 256
_FILTERED_SHORT: Final = 1536
_FILTERED_LONG: Final = 640
# A graph without links for what a filter passes has to be searched so widely for the same recall.
_FILTERED_LONG_UNLINKED: Final = 4096
LONG: Final = 256
"""From so many numbers on a vector is a long one, as those of texts are."""


def search_width(asked: EngineQuery, *, filtered: bool, linked: bool) -> int:
    """The points of the graph that a search keeps in view (`hnsw_ef`).

    filtered: by more than `only_shown`. linked: whether the graphs of long vectors have links for what filters pass.
    """
    if not filtered or asked.exact:
        return _USUAL
    if len(asked.query.vector) < LONG:
        return _FILTERED_SHORT
    return _FILTERED_LONG if linked else _FILTERED_LONG_UNLINKED
