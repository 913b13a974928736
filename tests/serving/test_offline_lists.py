"""The lists of all users at once."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from pharos.errors import RequestError
from pharos.indexing.filters import AnyOf, Filter
from pharos.list_files import write_lists
from pharos.offline import OfflineLists
from pharos.serving.pipeline import Person, Selection
from pharos.serving.service import Service, open_service
from pharos.serving.settings import Settings
from pharos.towers.progress import Silent
from tests.serving import world

SELECTIONS = [
    Selection(5),
    Selection(30),
    Selection(8, diversity=0.6),
    Selection(8, filter=Filter((AnyOf("genres", ("War",)),))),
    Selection(8, exclude=frozenset({world.war(1), world.toy(1)})),
]


@pytest.fixture(scope="module")
def service(trained: Settings, trained_too: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service of the small world, with an item that one user ignores and one that is hidden."""
    folder = shutil.copytree(trained_too, tmp_path_factory.mktemp("offline") / "data")
    with open_service(trained.model_copy(update={"data_dir": folder})) as opened:
        user_id, *_ = opened.store.user_ids()
        opened.store.ignore(user_id, world.war(7))
        opened.items.patch(world.toy(3), title=None, features={}, available=False)
        yield opened


def online(service: Service, user_id: str, selection: Selection) -> list[tuple[str, float, str]]:
    items = service.pipeline.recommend(Person(user_id), selection).items
    return [(item.item_id, item.score, item.source.value) for item in items]


@pytest.mark.parametrize("selection", SELECTIONS, ids=["plain", "long", "diverse", "filtered", "exclusions"])
def test_every_user_gets_the_list_that_the_server_answers(service: Service, selection: Selection) -> None:
    users = [*service.store.user_ids(), "somebody new"]
    lists = OfflineLists(service, selection).lists(users)
    for user_id in users:
        own = lists[lists["user_id"] == user_id]
        expected = online(service, user_id, selection)
        assert own["item_id"].tolist() == [item_id for item_id, _, _ in expected]
        assert own["score"].tolist() == pytest.approx([score for _, score, _ in expected], abs=2e-5)
        assert own["source"].tolist() == [source for _, _, source in expected]
        assert own["rank"].tolist() == list(range(1, len(own) + 1))


def test_business_rules_and_shares_of_new_items_hold_too(service: Service) -> None:
    selection = Selection(6, new_share=0.5)
    offline = OfflineLists(service, selection)
    assert not offline.together
    (user_id, *_) = service.store.user_ids()
    assert offline.lists([user_id])["item_id"].tolist() == [
        item_id for item_id, _, _ in online(service, user_id, selection)
    ]


def test_the_file_holds_every_user_of_the_store(service: Service, tmp_path: Path) -> None:
    users, out = service.store.user_ids(), tmp_path / "lists.parquet"
    rows = write_lists(service, users, Selection(3), out, Silent(), replace=False)
    table = pd.read_parquet(out)
    assert rows == len(table) == 3 * len(users)
    assert list(dict.fromkeys(table["user_id"])) == users
    assert [file.name for file in tmp_path.iterdir()] == ["lists.parquet"]


def test_an_existing_file_is_only_replaced_when_told(service: Service, tmp_path: Path) -> None:
    out = tmp_path / "lists.parquet"
    out.write_text("mine")
    with pytest.raises(RequestError, match="exists already"):
        write_lists(service, ["p1"], Selection(3), out, Silent(), replace=False)
    assert out.read_text() == "mine"
    write_lists(service, ["p1"], Selection(3), out, Silent(), replace=True)
    assert len(pd.read_parquet(out)) == 3


def test_a_run_that_was_stopped_goes_on_after_the_parts_that_it_has(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users, out, asked = service.store.user_ids(), tmp_path / "lists.parquet", list[str]()
    monkeypatch.setattr("pharos.list_files.PART_USERS", 2)
    lists = OfflineLists.lists

    def stops(self: OfflineLists, ids: list[str]) -> pd.DataFrame:
        if len(asked) >= 4:
            raise KeyboardInterrupt
        asked.extend(ids)
        return lists(self, ids)

    monkeypatch.setattr(OfflineLists, "lists", stops)
    with pytest.raises(KeyboardInterrupt):
        write_lists(service, users, Selection(3), out, Silent(), replace=False)
    assert not out.exists()
    monkeypatch.setattr(OfflineLists, "lists", lambda self, ids: asked.extend(ids) or lists(self, ids))
    write_lists(service, users, Selection(3), out, Silent(), replace=False)
    assert asked == users
    assert list(dict.fromkeys(pd.read_parquet(out)["user_id"])) == users


def test_parts_of_another_question_are_not_used(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users, out = service.store.user_ids(), tmp_path / "lists.parquet"
    monkeypatch.setattr("pharos.list_files.join", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write_lists(service, users, Selection(3), out, Silent(), replace=False)
    monkeypatch.undo()
    write_lists(service, users, Selection(4), out, Silent(), replace=False)
    assert pd.read_parquet(out)["rank"].max() == 4
