"""The power is cut while a process writes: what it acknowledged is there, and what is there can be opened."""

import os
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pharos.indexing.index_folder import IndexFolder
from pharos.ingest.file_sums import damage
from pharos.serving.settings import Settings
from pharos.serving.store import Store
from tests.faults.damage import ALL, SEED
from tests.faults.power_cut import cuts
from tests.faults.trace import record

CUTS = int(os.environ.get("POWER_CUTS", "300" if ALL else "60"))
"""Of each kind of file: half of them leave what was synced, half of them some of the rest too."""

STORE = """
import sys
from pharos.ingest.errors import PharosError
from pharos.serving.settings import Settings
from pharos.serving.store import NewItem, Store, UserEvent
from tests.serving import world
store = Store(f"sqlite:///{sys.argv[1]}/data/pharos.db", Settings().event_weights)
store.import_dataset(world.dataset())
print("imported", flush=True)
def attempt(said, write):
    try:
        write()
    except PharosError:
        return  # what fails is not acknowledged, and the next one is tried
    print(said, flush=True)
for number in range(12):
    item = f"new-{number}"
    attempt(f"item {item}", lambda: store.put_items([NewItem(item, f"New {number}", {"year": 2000 + number})]))
    attempt(f"event {item}", lambda: store.add_events([UserEvent("somebody", item, "view", None, 5)]))
    attempt(f"ignored {item}", lambda: store.ignore("somebody", item))
attempt("deleted new-3", lambda: store.delete_item("new-3"))
store.close()
"""

ALIAS = """
import sys
from pathlib import Path
from pharos.indexing.index_folder import IndexFolder
from tests.indexing.clock import SPEC
folder = IndexFolder(Path(sys.argv[1]) / "data" / "index")
for name in ("items--b--one", "items--b--two", "items--b--three"):
    shard = folder.shard(name)
    shard.mkdir(parents=True)
    folder.add(name, SPEC)
    folder.point("items", name)
    print(name, flush=True)
    if name.endswith("three"):
        folder.remove("items--b--one")
folder.close()
"""

PUBLISHED = """
import sys
from pathlib import Path
from pharos.ingest.file_sums import publish
bundles = Path(sys.argv[1]) / "data" / "bundles"
for number in range(5):
    partial = bundles / f".b{number}.partial"
    (partial / "tower" / "variables").mkdir(parents=True)
    (partial / "manifest.json").write_text("{}")
    (partial / "tower" / "variables" / "data").write_bytes(bytes(range(256)) * 99)
    publish(partial, bundles / f"b{number}", "sums.json")
    print(f"b{number}", flush=True)
"""

Check = Callable[[Path, list[str]], None]


def check_store(folder: Path, said: list[str]) -> None:
    store = Store(f"sqlite:///{folder}/data/pharos.db", Settings().event_weights)
    try:
        assert store.miscounted() == []
        if "imported" in said:
            assert store.counts().items >= 41
        seen = {item for line in said if line.startswith("event ") for item in [line.split()[1]]}
        assert seen <= {event.item_id for event in store.history("somebody", 100)}
        items = [line.split()[1] for line in said if line.startswith("item ")]
        present = store.items(items)
        gone = {"new-3"} if "deleted new-3" in said else set()
        assert set(items) - {"new-3"} <= set(present)
        assert not gone & set(present)
        ignored = {line.split()[1] for line in said if line.startswith("ignored ")}
        user = store.user("somebody")
        assert ignored <= set(user.ignored if user else ())
    finally:
        store.close()


def check_alias(folder: Path, said: list[str]) -> None:
    index = IndexFolder(folder / "data" / "index")
    try:
        names = ["items--b--one", "items--b--two", "items--b--three"]
        if said:
            assert names.index(index.aliases["items"]) >= names.index(said[-1])
        for name in index.aliases.values():
            assert name in index.manifests
    finally:
        index.close()


def check_published(folder: Path, said: list[str]) -> None:
    bundles = folder / "data" / "bundles"
    assert set(said) <= {path.name for path in bundles.glob("b*")}
    for bundle in bundles.glob("b*"):
        assert damage(bundle, bundle / "sums.json") == "", bundle


@pytest.mark.parametrize(
    ("script", "check"),
    [(STORE, check_store), (ALIAS, check_alias), (PUBLISHED, check_published)],
    ids=["store", "alias", "bundle"],
)
def test_what_was_acknowledged_survives_a_power_cut_at_any_moment(
    script: str, check: Check, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    folder = tmp_path / "traced"
    folder.mkdir()
    calls = record(script, folder)
    chance = random.Random(SEED)
    earlier = range(1, len(calls))
    moments = sorted([len(calls), *chance.sample(earlier, min(CUTS // 2 - 1, len(earlier)))])
    failures = list[Exception]()
    for moment, (disk, said) in zip(moments, cuts(calls, folder, moments), strict=True):
        for name, luck in (("synced", None), ("some", random.Random(SEED + moment))):
            left = tmp_path / f"{name}-{moment}"
            disk.lay_out(left, luck)
            try:
                check(left, said)
            except Exception as error:  # noqa: BLE001 - all cuts are tried before a failure is told
                error.add_note(f"cut after call {moment} of {len(calls)} ({name}), FAULTS_SEED={SEED}")
                failures.append(error)
            shutil.rmtree(left)
    kind = request.node.callspec.id
    sys.stdout.write(f"\n{2 * len(moments)} power cuts, {kind}, seed {SEED}: {len(failures)} lost\n")
    if failures:
        raise failures[0]


FAULTS = [
    f"{call}:error={error}:when={when}"
    for call, error in (("fsync", "EIO"), ("fdatasync", "EIO"), ("pwrite64", "ENOSPC"), ("write", "ENOSPC"))
    for when in ("2", "19", "40+", *(("3", "5", "7", "11", "23", "60+", "90") if ALL else ()))
]


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    ("script", "check"),
    [(STORE, check_store), (ALIAS, check_alias), (PUBLISHED, check_published)],
    ids=["store", "alias", "bundle"],
)
def test_what_failed_to_be_written_is_not_acknowledged(script: str, check: Check, fault: str, tmp_path: Path) -> None:
    folder = tmp_path / "traced"
    folder.mkdir()
    calls = record(script, folder, fault)
    if not calls:
        return  # it failed before it did anything
    ((disk, said),) = cuts(calls, folder, [len(calls)])
    check(folder, said)
    left = tmp_path / "left"
    disk.lay_out(left, None)
    check(left, said)
