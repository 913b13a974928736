"""Events of several types: which are read, what they weigh, and what is left of those of one pair."""

from pathlib import Path

import pytest

from pharos.ingest.dataset import Dataset
from pharos.ingest.errors import DataError
from pharos.ingest.load import load_dataset
from tests.ingest.folders import INTERACTIONS, write

TYPED = INTERACTIONS + 'timestamp = "time"\ntype = "event"\n'
WEIGHTS = "weights = { view = 1, cart = 3, purchase = 5, return = -5 }\n"


def read(folder: Path, rows: list[str], said: str = WEIGHTS) -> Dataset:
    lines = ["user,item,event,time", *(f"{row},{1_600_000_000 + n}" for n, row in enumerate(rows))]
    return load_dataset(write(folder, TYPED + said, events__csv=lines))


def ratings(dataset: Dataset) -> dict[tuple[str, str], float]:
    events = dataset.interactions
    return dict(zip(zip(events["user_id"], events["item_id"], strict=True), events["rating"], strict=True))


def test_the_strongest_event_of_a_pair_counts(tmp_path: Path) -> None:
    dataset = read(tmp_path, ["u,a,view", "u,a,purchase", "u,a,view", "u,b,cart", "v,a,view"])
    assert ratings(dataset) == {("u", "a"): 5, ("u", "b"): 3, ("v", "a"): 1}
    assert dataset.interactions["timestamp"].iloc[0] == 1_600_000_002
    assert dataset.report.tables[0][1].noted == 2


def test_a_negative_event_takes_back_what_was_before_it(tmp_path: Path) -> None:
    dataset = read(tmp_path, ["u,a,view", "u,a,purchase", "u,a,return", "u,b,purchase", "u,b,return", "u,b,view"])
    assert ratings(dataset) == {("u", "b"): 1}
    assert any("3 noted: events of a pair that a last negative event takes back" in x for x in dataset.report.lines())
    assert dataset.report.tables[0][1].noted == 5


def test_the_order_of_events_is_that_of_their_times(tmp_path: Path) -> None:
    lines = ["user,item,event,time", "u,a,return,1600000000", "u,a,purchase,1500000000"]
    assert load_dataset(write(tmp_path, TYPED + WEIGHTS, events__csv=lines)).interactions.empty


def test_other_types_are_counted_each_by_its_name(tmp_path: Path) -> None:
    report = read(tmp_path, ["u,a,Purchase", "u,b,scroll", "u,c,scroll", "u,d,"]).report
    assert any("events.csv: 2 noted: event is 'scroll', which is not among the types" in x for x in report.lines())
    assert report.tables[0][1].read == 1
    assert report.tables[0][1].noted == 3


def test_types_may_be_chosen_without_weights(tmp_path: Path) -> None:
    dataset = read(tmp_path, ["u,a,view", "u,b,purchase"], 'types = ["purchase"]\n')
    assert dataset.interactions["item_id"].tolist() == ["b"]
    assert not dataset.schema.has_rating


WRONG = {
    "weights beside a rating": (
        WEIGHTS + 'rating = "score"\n',
        r"weights: stands for the rating: give weights or rating",
    ),
    "a weight of words": ("weights = { view = 'much' }\n", r"weights\.view: must be a number other than 0, not 'much'"),
    "a weight of nothing": ("weights = { view = 0 }\n", r"weights\.view: must be a number other than 0"),
    "no weights": ("weights = { }\n", r"weights: names no type"),
    "no types": ("types = []\n", r"types: must be a text or a list of texts"),
}


@pytest.mark.parametrize(("said", "message"), WRONG.values(), ids=WRONG.keys())
def test_wrong_weights_are_named(tmp_path: Path, said: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(tmp_path, ["u,a,view"], said)


def test_weights_need_a_column_of_types(tmp_path: Path) -> None:
    folder = write(tmp_path, INTERACTIONS + WEIGHTS, events__csv=["user,item"])
    with pytest.raises(DataError, match=r"weights: needs the key type"):
        load_dataset(folder)
