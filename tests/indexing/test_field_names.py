"""Fields of any name can be filtered by, on both engines."""

import pytest

from pharos.indexing.filters import AnyOf, Filter, NoneOf
from pharos.indexing.index import CollectionSpec, Point, VectorIndex
from pharos.indexing.payload import PayloadType
from tests.indexing.clock import hand


@pytest.mark.parametrize("name", ["a.b", "a[0]", "vote average", "año", "-", "items[]", "and/or"])
def test_a_field_may_have_any_name(index: VectorIndex, name: str):
    index.create("named", CollectionSpec({"tower": 3}, {name: PayloadType.KEYWORD}, "b"))
    index.upsert("named", [Point("1", {"tower": hand(1)}, {name: "x"}), Point("2", {"tower": hand(2)}, {name: "y"})])
    assert index.count("named", Filter((AnyOf(name, ("x",)),))) == 1
    index.set_payload("named", "1", {name: None})
    assert index.count("named", Filter((AnyOf(name, ("x",)),))) == 0
    assert index.count("named", Filter((NoneOf(name, ("y",)),))) == 1
