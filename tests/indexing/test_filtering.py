"""What filters let pass, on both engines."""

import pytest

from pharos.indexing.filters import AllOf, AnyOf, Filter, NoneOf, Outside, Range
from pharos.indexing.index import VectorIndex
from tests.indexing.clock import HOURS, hand

ALL = {str(hour) for hour in range(HOURS)}
YEAR = "año de salida"


@pytest.mark.parametrize(
    ("conditions", "passing"),
    [
        ((), ALL),
        ((AnyOf("parity", ("odd",)),), {"1", "3", "5", "7", "9", "11"}),
        ((AnyOf("parity", ("odd", "even")),), ALL),
        ((AnyOf("parity", ("strange",)),), set()),
        ((AnyOf("tags", ("четверть", "unknown")),), {"4", "8"}),
        ((AnyOf("tags", ("drittel", "четверть")),), {"3", "4", "6", "8", "9"}),
        ((AnyOf("tags", ("half, or so",)),), {"2", "4", "6", "8", "10"}),
        ((AllOf("tags", ("half, or so", "drittel")),), {"6"}),
        ((AllOf("tags", ("drittel",)),), {"3", "6", "9"}),
        ((NoneOf("tags", ("half, or so",)),), {"0", "1", "3", "5", "7", "9", "11"}),
        ((NoneOf("tags", ("half, or so", "drittel")),), {"0", "1", "5", "7", "11"}),
        ((Range(YEAR, gte=1999),), {"9", "10", "11"}),
        ((Range(YEAR, gt=1999),), {"10", "11"}),
        ((Range(YEAR, lte=1992),), {"1", "2"}),
        ((Range(YEAR, lt=1992),), {"1"}),
        ((Range(YEAR, gte=1995, lt=1997),), {"5", "6"}),
        ((AnyOf(YEAR, (1995.0,)),), {"5"}),
        ((AnyOf(YEAR, (1995.0, 1997.0, 2050.0)),), {"5", "7"}),
        ((NoneOf(YEAR, (1995.0, 1997.0)),), ALL - {"5", "7"}),
        ((AnyOf("morning", (True,)),), {"1", "2", "3", "4", "5"}),
        ((AnyOf("morning", (True, False)),), ALL - {"0"}),
        ((NoneOf("morning", (True,)),), {"0", "6", "7", "8", "9", "10", "11"}),
        ((AnyOf("available", (False,)),), set()),
        ((Range("created_at", gte=1_700_000_010),), {"10", "11"}),
        ((AnyOf("created_at", (1_700_000_004.0,)),), {"4"}),
        ((Outside(Range(YEAR, gte=1999)),), ALL - {"9", "10", "11"}),
        ((Outside(Range(YEAR, gt=1993, lte=1999)), Range(YEAR, gte=1992)), {"2", "3", "10", "11"}),
        ((Outside(Range("created_at", lte=1_700_000_009)),), {"10", "11"}),
        ((Outside(Range("available_from", gt=5)),), ALL),
        ((AnyOf("item_id", ("4", "7")), NoneOf("item_id", ("7",))), {"4"}),
        ((AnyOf("parity", ("odd",)), Range(YEAR, gte=1999), NoneOf("tags", ("drittel",))), {"11"}),
    ],
    # In one order, since the processes of a parallel run must name their tests alike.
    ids=lambda given: str(sorted(given) if isinstance(given, set) else given),
)
def test_a_filter_lets_pass(clock_to_read: VectorIndex, conditions, passing: set[str]):
    filter = Filter(conditions)
    assert {hit.item_id for hit in clock_to_read.search("clock", hand(3.2), limit=HOURS, filter=filter)} == passing
    assert clock_to_read.count("clock", filter) == len(passing)
