"""How widely the engine in the process searches its graphs."""

import numpy as np
import pytest

from pharos.indexing.conditions import AnyOf, Filter
from pharos.indexing.embedded_points import edge_request
from pharos.indexing.index import TOWER, SourceQuery
from pharos.indexing.searching import EngineQuery
from pharos.indexing.shown_only import only_shown


def _width(length: int, *, filtered: bool) -> int:
    query = SourceQuery(np.ones(length, np.float32), TOWER, 10)
    params = edge_request(EngineQuery(query, 10, exact=False), None, filtered=filtered).params
    assert params is not None and params.hnsw_ef is not None
    return params.hnsw_ef


@pytest.mark.parametrize("length", [64, 384])
def test_a_search_behind_a_filter_is_wider_than_one_without(length: int) -> None:
    assert _width(length, filtered=True) > _width(length, filtered=False)


def test_a_filter_by_availability_alone_keeps_a_search_narrow() -> None:
    shown = AnyOf("available", (True,))

    assert only_shown(Filter((shown,)))
    assert not only_shown(Filter((shown, AnyOf("genres", ("drama",)))))
