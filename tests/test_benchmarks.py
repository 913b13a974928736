"""What benchmarks stand on: made-up data that are what they say, and figures that are held to their bars."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.measurement import Bar, Measurement, Size, table
from benchmarks.parts import PARTS
from benchmarks.synthetic import World, write
from pharos.ingest.load import load_dataset

WORLD = World(Size(items=600, users=300, events=20_000), seed=7)


def events(world: World, rows: int = 4_000) -> pa.Table:
    return pa.concat_tables(world.event_blocks(rows))


def numbers(column: pa.ChunkedArray) -> np.ndarray:
    return np.array([int(name[1:]) for name in column.to_pylist()])


def test_a_seed_gives_the_same_files_and_another_one_gives_others(tmp_path: Path) -> None:
    for name, world in (("one", WORLD), ("same", WORLD), ("other", World(WORLD.size, seed=8))):
        write(world, tmp_path / name)
    files = [(tmp_path / name / "interactions.parquet").read_bytes() for name in ("one", "same", "other")]
    assert files[0] == files[1] != files[2]


def test_what_is_written_can_be_read_as_a_data_set(tmp_path: Path) -> None:
    write(WORLD, tmp_path)
    data = load_dataset(str(tmp_path))
    assert (len(data.items), data.items["looks"].iloc[0].shape) == (600, (16,))
    assert {feature.name for feature in data.schema.items} == {"year", "genres", "labels", "looks"}
    assert data.interactions["item_id"].isin(data.items["item_id"]).all()


def test_events_follow_each_other_in_time_over_all_blocks() -> None:
    assert (np.diff(events(WORLD)["timestamp"].to_numpy()) >= 0).all()


def test_few_items_have_most_events() -> None:
    counts = np.sort(np.bincount(numbers(events(WORLD)["item_id"]), minlength=600))[::-1]
    assert counts[:60].sum() > 0.3 * counts.sum()
    assert counts[300:].sum() < 0.3 * counts.sum()


def test_people_choose_by_their_taste() -> None:
    made = events(WORLD)
    liked = WORLD.tastes()[numbers(made["user_id"])]
    chosen = WORLD.cluster_of_items()[numbers(made["item_id"])]
    assert (liked == chosen[:, None]).any(axis=1).mean() > 0.85


def test_items_of_a_cluster_look_alike() -> None:
    looks = np.stack([np.array(look) for block in WORLD.item_blocks() for look in block["looks"].to_pylist()])
    cluster = WORLD.cluster_of_items()
    mine = np.stack([looks[cluster == number].mean(axis=0) for number in range(WORLD.clusters)])
    nearest = np.argmin(((looks[:, None] - mine[None]) ** 2).sum(axis=2), axis=1)
    assert (nearest == cluster).mean() > 0.9


@pytest.mark.parametrize(
    ("higher_is_better", "limit", "missed"), [(False, 5.0, 0.0), (False, 3.5, 0.5), (True, 4.0, 0.0), (True, 4.5, 0.5)]
)
def test_a_measurement_says_by_how_much_its_bar_is_missed(higher_is_better: bool, limit: float, missed: float) -> None:
    bar = Bar(of="ratio", limit=limit)
    one = Measurement.of("x", "ms", [7.0, 8.0, 9.0], floor=[2.0], higher_is_better=higher_is_better, bar=bar)
    assert (one.ratio, one.missed_by) == (4.0, missed)
    assert ("holds" in table([("part", one)])) is (missed == 0)


def test_the_95th_percentile_of_a_rate_is_a_low_one() -> None:
    values = [float(value) for value in range(101)]
    assert Measurement.of("x", "items/s", values, higher_is_better=True).p95 == 5.0
    assert Measurement.of("x", "ms", values).p95 == 95.0


def test_every_part_is_a_module_that_measures() -> None:
    folder = Path(__file__).parents[1] / "benchmarks"
    for part in PARTS:
        assert "def measure(" in (folder / f"{part}.py").read_text("utf-8")
