import numpy as np

from pharos.indexing.item_numbers import ItemNumbers
from pharos.indexing.point_ids import point_number, point_uuid

ITEMS = [f"item {number}" for number in range(9_000)]


def uuid_as_number(item_id: str) -> int:
    return point_uuid(item_id).int


def test_every_item_is_found_by_its_point_however_many_there_are() -> None:
    numbers = ItemNumbers(point_number)
    for start in range(0, len(ITEMS), 1_000):
        numbers.learn(ITEMS[start : start + 1_000])
        known = ITEMS[: start + 1_000]
        found = numbers.of_points([point_number(item) for item in known])
        assert found.tolist() == list(range(len(known)))


def test_a_point_that_shares_its_slot_with_another_is_found_too() -> None:
    numbers = ItemNumbers(lambda item: {"a": 5, "b": 5 + (1 << 40), "c": 7}[item])
    numbers.learn("abc")
    assert numbers.of_points([5, 5 + (1 << 40), 7, 9]).tolist() == [0, 1, 2, -1]


def test_the_point_zero_is_not_found_before_it_is_known() -> None:
    numbers = ItemNumbers(lambda item: int(item))
    assert numbers.of_points([0]).tolist() == [-1]
    numbers.learn(["3", "0"])
    assert numbers.of_points([0, 3, 1]).tolist() == [1, 0, -1]


def test_points_of_both_kinds_lead_to_the_same_item() -> None:
    numbers = ItemNumbers(point_number, uuid_as_number)
    numbers.learn(ITEMS[:50])
    for point in (point_number, uuid_as_number):
        assert numbers.of_points([point(item) for item in ITEMS[:60]]).tolist() == [*range(50), *[-1] * 10]


def test_points_that_are_texts_are_found() -> None:
    numbers = ItemNumbers(str.upper)
    numbers.learn(["a", "b"])
    assert np.array_equal(numbers.of_points(["B", "A", "C"]), [1, 0, -1])
