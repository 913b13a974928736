"""The tour of the course: its cheap blocks on a small world, and how outputs are compared."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pharos.ingest.dataset import Dataset
from pharos.ingest.export import export_dataset
from pharos.ingest.schema import Feature, FeatureType, Schema
from scripts.course import PAGE, CourseError, alike, blocks, differences, empty_folder, run

DAY = 86_400
SMALL = """\
```python
x = [1, 2]
x[0] / 3
```

```text
0.3333333333333333
```

```python slow trained
x[1]
```

```text
7
```
"""


def small_world() -> Dataset:
    """Items and users by the ids that the page asks for, with the features of ml-100k."""
    rng = np.random.default_rng(0)
    ids = [str(number) for number in range(1, 201)]
    genres = [("Drama", "War") if number % 2 else ("Comedy",) for number in range(200)]
    items = pd.DataFrame(
        {
            "item_id": ids,
            "title": [f"Film {i}" for i in ids],
            "year": [1985.0 + n % 15 for n in range(200)],
            "genres": genres,
        }
    )
    events = [
        (str(user), ids[item], float(rng.integers(1, 6)), 100 * DAY + int(rng.integers(0, 30 * DAY)))
        for user in range(180, 220)
        for item in rng.choice(200, 60, replace=False)
    ]
    interactions = pd.DataFrame(events, columns=["user_id", "item_id", "rating", "timestamp"])
    users = pd.DataFrame({"user_id": interactions["user_id"].unique()})
    features = (Feature("year", FeatureType.NUMBER), Feature("genres", FeatureType.TAGS))
    schema = Schema(items=features, has_rating=True, has_timestamp=True, has_title=True)
    return Dataset("small", interactions.astype({"rating": "float32"}), items, users, schema)


@pytest.fixture
def folder() -> Iterator[Path]:
    with empty_folder() as folder:
        yield folder


def test_every_cheap_block_of_the_page_runs_on_a_small_world(folder: Path) -> None:
    export_dataset(small_world(), folder / "small")
    page = PAGE.read_text(encoding="utf-8")
    made = run(page, cheap=True, data="small")
    cheap = [
        (block, again) for block, again in zip(blocks(page), blocks(made), strict=True) if "slow" not in block.words
    ]
    assert len(cheap) >= 8
    assert all(again.output for _, again in cheap)


def test_cheap_blocks_of_made_up_data_print_what_the_page_has(folder: Path) -> None:
    """What is the same whatever the data are."""
    page = "\n".join(_fence(block.source, block.output) for block in _made_up(PAGE.read_text(encoding="utf-8")))
    assert differences(page, run(page)) == []


def test_every_block_of_the_page_has_its_output() -> None:
    assert [block.source for block in blocks(PAGE.read_text(encoding="utf-8")) if not block.output] == []


def test_a_run_writes_what_a_block_prints_and_leaves_slow_ones(folder: Path) -> None:
    assert run(SMALL, cheap=True) == SMALL
    assert "2\n```" in run(SMALL)


def test_a_check_names_the_block_that_prints_something_else(folder: Path) -> None:
    (found,) = differences(SMALL.replace("0.33", "0.44"), run(SMALL))
    assert "x[0] / 3" in found


def test_a_block_that_fails_is_named(folder: Path) -> None:
    with pytest.raises(CourseError, match="1 / 0"):
        run("```python\n1 / 0\n```\n")
    with pytest.raises(CourseError, match="there is no method 'magic'"):
        run("```console\n$ pharos classic magic nowhere --user 1\n```\n")


@pytest.mark.parametrize(
    ("one", "other", "tolerance", "same"),
    [
        ("rmse 0.900\n", "rmse 0.905\n", 0.02, True),
        ("rmse 0.900\n", "rmse 0.950\n", 0.02, False),
        ("rmse 0.900\n", "mae 0.900\n", 0.02, False),
        ("1,000 films\n", " 1,001  films\n", 0.02, True),
        ("bundle 20260101T000000-abcd\n", "bundle 20261231T235959-0123\n", 0.02, True),
        ("Star Wars 5\n", "The Godfather 7\n", math.inf, True),
        ("Star Wars 5\n", "Star Wars 5\nThe Godfather 4\n", math.inf, False),
    ],
)
def test_figures_are_compared_with_a_tolerance(one: str, other: str, tolerance: float, same: bool) -> None:
    assert alike(one, other, tolerance) is same


def _made_up(page: str) -> list:
    return [block for block in blocks(page) if block.language == "python" and "slow" not in block.words]


def _fence(source: str, output: str) -> str:
    return f"```python\n{source}```\n\n```text\n{output}```\n"
