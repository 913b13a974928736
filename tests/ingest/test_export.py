"""A data set written as a folder is read back as the same data set, and content has a name."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pharos.ingest.dataset import Dataset
from pharos.ingest.export import export_dataset
from pharos.ingest.fingerprint import fingerprint
from pharos.ingest.load import load_dataset
from pharos.ingest.schema import Feature, FeatureType, Schema

PICTURE = np.array([0.5, 1.5], np.float32)


def world() -> Dataset:
    """Three items with a feature of every type, one of them with every value missing."""
    items = pd.DataFrame(
        {
            "item_id": ["a", "b|c", "é"],
            "title": ['Quoted "A"', "B", ""],
            "price": [1.5, 2.0, np.nan],
            "new": [1.0, 0.0, np.nan],
            "maker": ["Acme", "B", ""],
            "labels": [("x", "y, z"), ("w",), ()],
            "about": ["Words\non two lines", "More", ""],
            "picture": [PICTURE, PICTURE * 2, None],
        }
    )
    events = pd.DataFrame({"user_id": ["u", "u", "v"], "item_id": ["a", "é", "a"], "timestamp": [3, 4, 5]})
    events["rating"] = np.array([1.0, 2.5, 5.0], np.float32)
    types = ("number", "flag", "category", "tags", "text", "vector")
    names = ("price", "new", "maker", "labels", "about", "picture")
    features = tuple(Feature(name, FeatureType(kind)) for name, kind in zip(names, types, strict=True))
    features = (*features[:-1], Feature("picture", FeatureType.VECTOR, length=2))
    users = pd.DataFrame({"user_id": ["u", "v", "quiet"]})
    schema = Schema(items=features, has_rating=True, has_timestamp=True, has_title=True)
    return Dataset("world", events[["user_id", "item_id", "rating", "timestamp"]], items, users, schema)


def test_an_exported_data_set_is_read_back_equal(tmp_path: Path) -> None:
    export_dataset(world(), tmp_path / "world")
    again = load_dataset(tmp_path / "world")
    assert again.schema == world().schema
    assert fingerprint(again) == fingerprint(world())


CHANGES = {
    "a rating": lambda d: replace(d, interactions=d.interactions.assign(rating=np.float32(3))),
    "an event's item": lambda d: replace(d, interactions=d.interactions.assign(item_id="a")),
    "a title": lambda d: replace(d, items=d.items.assign(title="other")),
    "a tag": lambda d: replace(d, items=d.items.assign(labels=[("x", "y"), ("w",), ()])),
    "a vector": lambda d: replace(d, items=d.items.assign(picture=[PICTURE, PICTURE, None])),
    "a user": lambda d: replace(d, users=d.users.iloc[:2]),
    "where one text ends": lambda d: replace(d, items=d.items.assign(title=["", 'Quoted "A"B', ""])),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_the_fingerprint_changes_with_the_content(change) -> None:  # type: ignore[no-untyped-def]
    assert fingerprint(change(world())) != fingerprint(world())


def test_the_fingerprint_knows_the_order_of_the_rows() -> None:
    for table in ("interactions", "items", "users"):
        frame = getattr(world(), table)
        turned = replace(world(), **{table: frame.iloc[::-1].reset_index(drop=True)})
        assert fingerprint(turned) != fingerprint(world()), table


def test_the_fingerprint_does_not_depend_on_how_a_table_is_held() -> None:
    interactions = world().interactions
    interactions.index = pd.Index([7, 3, 5])
    assert fingerprint(replace(world(), interactions=interactions)) == fingerprint(world())


def test_what_a_data_set_does_not_declare_is_not_there_when_it_is_read_back(tmp_path: Path) -> None:
    bare = Dataset(
        "bare",
        world().interactions[["user_id", "item_id"]],
        world().items[["item_id"]].assign(title=world().items["item_id"]),
        world().users,
        Schema(),
    )
    export_dataset(bare, tmp_path)
    again = load_dataset(tmp_path)
    assert again.schema == Schema()
    assert fingerprint(again) == fingerprint(bare)


def test_an_export_over_an_older_one_leaves_nothing_of_it(tmp_path: Path) -> None:
    export_dataset(world(), tmp_path)
    smaller = replace(world(), interactions=world().interactions.iloc[:1])
    export_dataset(smaller, tmp_path)
    assert len(load_dataset(tmp_path).interactions) == 1


def test_the_fingerprint_does_not_depend_on_the_name() -> None:
    assert fingerprint(replace(world(), name="other")) == fingerprint(world())
