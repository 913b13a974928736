"""How widely graphs are searched."""

from collections.abc import Callable

import numpy as np
import pytest

from pharos.indexing.conditions import AnyOf, Filter
from pharos.indexing.embedded_points import edge_request
from pharos.indexing.index import TOWER, SourceQuery
from pharos.indexing.searching import EngineQuery
from pharos.indexing.server_points import Quantization
from pharos.indexing.server_reads import search_bodies
from pharos.indexing.shown_only import only_shown


def _asked(length: int) -> EngineQuery:
    return EngineQuery(SourceQuery(np.ones(length, np.float32), TOWER, 10), 10, exact=False)


def _embedded(length: int, filtered: bool) -> int:
    params = edge_request(_asked(length), None, filtered=filtered).params
    assert params is not None and params.hnsw_ef is not None
    return params.hnsw_ef


def _server(length: int, filtered: bool) -> int:
    (body,) = search_bodies([_asked(length)], None, Quantization.NONE, filtered=filtered)
    return int(body["params"]["hnsw_ef"])


@pytest.mark.parametrize("width", [_embedded, _server])
@pytest.mark.parametrize("length", [64, 384])
def test_a_search_behind_a_filter_is_wider_than_one_without(width: Callable[[int, bool], int], length: int) -> None:
    assert width(length, True) > width(length, False)


def test_a_filter_by_availability_alone_keeps_a_search_narrow() -> None:
    shown = AnyOf("available", (True,))

    assert only_shown(Filter((shown,)))
    assert not only_shown(Filter((shown, AnyOf("genres", ("drama",)))))
