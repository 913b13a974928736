"""A collection is built beside the live one, brought up to date and switched to; what fails changes nothing."""

import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pharos.indexing.embedded import QdrantEmbedded
from pharos.indexing.folder_lock import FolderLock
from pharos.indexing.index import CollectionSpec
from pharos.serving.errors import Conflict, NotReady, UnknownBundle, UnknownJob
from pharos.serving.index_sync.job_progress import Phase
from pharos.serving.operations.reindex import reindex
from pharos.serving.service import Service
from pharos.serving.settings import Settings
from pharos.serving.store import Job, JobState
from pharos.towers.bundle.bundle import Bundle
from pharos.towers.progress import Silent
from tests.serving import world
from tests.serving.reindexing_world import (
    FIRST,
    SECOND,
    children,
    commit,
    eventually,
    indexed_title,
    kill,
    opened,
    prepared,
    with_title,
    write,
)

ITEM = world.war(3)


@pytest.fixture(params=["embedded", "server"])
def settings(request: pytest.FixtureRequest, bundles: Path, tmp_path: Path) -> Iterator[Settings]:
    """A folder with both bundles and a full store, and an empty index, on each engine."""
    url = request.getfixturevalue("qdrant_url") if request.param == "server" else ""
    with prepared(bundles, tmp_path, url) as made:
        yield made


@pytest.fixture
def service(settings: Settings) -> Iterator[Service]:
    with opened(settings) as service:
        yield service


def run(service: Service, bundle: str = FIRST) -> str:
    """Re-index in this thread; the new collection."""
    return service.reindexer.run(bundle, lambda _: None).collection


def ended(service: Service, job: Job) -> Job:
    eventually(lambda: service.reindexer.job(job.id).finished_at is not None)
    return service.reindexer.job(job.id)


def test_a_job_says_what_it_does_and_what_it_has_made_live(service: Service) -> None:
    job = service.reindexer.start(FIRST)
    assert (job.state, job.bundle, job.total) == (JobState.QUEUED, FIRST, 41)
    done = ended(service, job)
    assert (done.state, done.phase, done.error) == (JobState.DONE, Phase.LIVE, None)
    assert done.collection == service.live.current().collection == service.index.resolve(service.settings.alias)
    assert service.index.count(service.settings.alias) == 41


def test_the_newest_bundle_is_taken_where_none_is_named(service: Service) -> None:
    assert ended(service, service.reindexer.start()).bundle == SECOND
    assert service.live.current().bundle.id == SECOND


def test_a_second_request_gets_the_running_job(service: Service) -> None:
    first = service.reindexer.start(FIRST)
    second = service.reindexer.start(SECOND)
    assert (second.id, second.bundle) == (first.id, FIRST)
    ended(service, first)


def test_a_request_gets_the_job_that_another_process_runs(service: Service) -> None:
    with FolderLock(service.settings.data_dir, "reindex.lock"):
        theirs = Job("theirs", JobState.RUNNING, "building", 1, 41, "items", FIRST, None, None, 1_700_000_000, None)
        service.store.add_job(theirs)
        assert service.reindexer.start(SECOND) == theirs
        with pytest.raises(Conflict, match="another re-index or rollback is running"):
            service.reindexer.rollback()


def test_what_changes_while_the_build_runs_is_in_the_new_collection(service: Service) -> None:
    run(service)

    def change(job: Job) -> None:
        if job.phase == Phase.VERIFYING:
            write(service, ITEM, "Changed meanwhile")

    service.reindexer.run(FIRST, change)
    assert indexed_title(service, ITEM) == "Changed meanwhile"
    assert service.index.count(service.settings.alias) == 41


def test_what_changes_while_others_catch_up_is_in_the_new_collection(service: Service) -> None:
    run(service)

    def change(job: Job) -> None:
        if job.phase == Phase.VERIFYING:
            commit(service, world.toy(1), "Changed first")
        if job.phase == Phase.SWITCHING:
            write(service, ITEM, "Changed last")

    service.reindexer.run(FIRST, change)
    assert (indexed_title(service, world.toy(1)), indexed_title(service, ITEM)) == ("Changed first", "Changed last")


def test_no_item_changes_between_the_last_replay_and_the_switch(service: Service) -> None:
    changed = threading.Event()
    with service.store.halted() as halted:
        before = halted.changes_since(0, 1000)
        writer = threading.Thread(target=lambda: (commit(service, ITEM, "Waits"), changed.set()))
        writer.start()
        assert not changed.wait(0.3)
        assert halted.changes_since(0, 1000) == before
    writer.join()
    assert service.store.items([ITEM])[ITEM].title == "Waits"


def test_a_writer_is_told_the_new_collection_as_soon_as_it_is_live(settings: Settings) -> None:
    slow = settings.model_copy(update={"refresh_seconds": 3600})
    with opened(settings) as here:
        run(here)
        if settings.qdrant_url:  # as another worker sees it
            with opened(slow) as there:
                there.live.current()
                collection = run(here, SECOND)
                assert there.live.fresh().collection == collection
                assert there.live.current().bundle.id == SECOND
        else:
            collection = run(here, SECOND)
            assert here.live.fresh().collection == collection


def test_the_collection_before_is_kept_and_older_ones_go(service: Service) -> None:
    first, second, third = run(service), run(service), run(service)
    names = [info.name for info in service.index.collections() if info.name.startswith(service.settings.alias)]
    assert set(names) == {second, third}
    assert service.store.synced_revision(first) == 0


def test_a_rollback_brings_the_older_collection_up_to_date(service: Service) -> None:
    first, second = run(service, FIRST), run(service, SECOND)
    write(service, ITEM, "Newer than the first")
    generation, left = service.reindexer.rollback()
    assert (generation.collection, generation.bundle.id, left) == (first, FIRST, second)
    assert service.live.current() == generation
    assert indexed_title(service, ITEM) == "Newer than the first"


def test_a_second_rollback_leads_back(service: Service) -> None:
    first, second = run(service, FIRST), run(service, SECOND)
    service.reindexer.rollback()
    generation, left = service.reindexer.rollback()
    assert (generation.collection, left) == (second, first)


def test_without_a_collection_before_there_is_no_rollback(service: Service) -> None:
    collection = run(service)
    with pytest.raises(Conflict, match="no collection to roll back to"):
        service.reindexer.rollback()
    assert service.live.fresh().collection == collection


def test_a_build_that_fails_says_why_and_leaves_what_is_live(service: Service) -> None:
    collection = run(service)
    shutil.rmtree(service.settings.bundles_dir / SECOND / "item_tower")
    job = ended(service, service.reindexer.start(SECOND))
    assert (job.state, job.collection) == (JobState.FAILED, None)
    assert "damaged" in str(job.error)
    assert service.live.fresh().collection == collection
    assert ended(service, service.reindexer.start(FIRST)).state is JobState.DONE


def test_a_collection_that_does_not_hold_what_the_store_holds_does_not_go_live(service: Service) -> None:
    collection = run(service)

    def lose(job: Job) -> None:
        if job.phase == Phase.SWITCHING:
            service.index.delete(str(job.collection), [ITEM])

    with pytest.raises(Exception, match="holds 40 items and the store 41"):
        service.reindexer.run(FIRST, lose)
    assert service.index.resolve(service.settings.alias) == collection
    assert [info.name for info in service.index.collections() if info.name.startswith(service.settings.alias)] == [
        collection
    ]


def test_a_bundle_of_other_features_is_refused_and_names_them(service: Service) -> None:
    items = world.items()[["item_id", "title"]]
    plain = replace(world.dataset(), items=items, schema=replace(world.SCHEMA, items=()))
    service.store.import_dataset(plain, replace=True)
    job = ended(service, service.reindexer.start(FIRST))
    assert "does not know: year, genres, language, overview; train one with `pharos train --from-store`" in str(
        job.error
    )


def test_an_unknown_bundle_is_refused_with_the_known_ones(service: Service) -> None:
    with pytest.raises(UnknownBundle, match=r"'third'; there are first, second"):
        service.reindexer.start("third")
    with pytest.raises(UnknownJob, match="'nothing'"):
        service.reindexer.job("nothing")


def test_an_empty_store_has_nothing_to_index(bundles: Path, tmp_path: Path) -> None:
    shutil.copytree(bundles, tmp_path / "bundles")
    with opened(Settings(data_dir=tmp_path)) as service, pytest.raises(NotReady, match="pharos import"):
        service.reindexer.start()


def test_the_remains_of_a_process_that_died_are_cleaned_at_the_next_start(settings: Settings) -> None:
    with opened(settings) as service:
        collection = run(service)
        service.index.create(f"{settings.alias}--first--died", CollectionSpec({"tower": 16}, {}, FIRST))
        service.store.add_job(
            Job("died", JobState.RUNNING, "building", 5, 41, settings.alias, FIRST, None, None, 1_700_000_000, None)
        )
    (settings.index_dir / "building" / "died").mkdir(parents=True)
    with opened(settings) as service:
        job = service.reindexer.job("died")
        assert (job.state, job.finished_at is not None) == (JobState.FAILED, True)
        assert "ended before it was done" in str(job.error)
        names = [info.name for info in service.index.collections() if info.name.startswith(settings.alias)]
        assert names == [collection]
        assert not (settings.index_dir / "building").exists()


def test_a_job_whose_process_died_after_the_switch_is_done(settings: Settings) -> None:
    with opened(settings) as service:
        collection = run(service)
        service.store.add_job(
            Job("late", JobState.RUNNING, "switching", 41, 41, settings.alias, FIRST, collection, None, 1, None)
        )
    with opened(settings) as service:
        assert service.reindexer.job("late").state is JobState.DONE


def test_what_another_process_is_at_work_on_is_left_alone(settings: Settings) -> None:
    with opened(settings) as service:
        run(service)
        theirs = Job("theirs", JobState.RUNNING, "building", 5, 41, settings.alias, FIRST, None, None, 1, None)
        service.store.add_job(theirs)
    with FolderLock(settings.data_dir, "reindex.lock"), opened(settings) as service:
        assert service.reindexer.job("theirs") == theirs


def test_a_change_that_never_came_to_the_index_comes_at_the_next_start(settings: Settings) -> None:
    with opened(settings) as service:
        run(service)
        commit(service, ITEM, "Committed before the end")
        assert indexed_title(service, ITEM) != "Committed before the end"
    with opened(settings) as service:
        eventually(lambda: indexed_title(service, ITEM) == "Committed before the end")


def test_a_stopped_server_ends_its_job_and_says_so(settings: Settings) -> None:
    with opened(settings) as service:
        job = service.reindexer.start(FIRST)
    with opened(settings) as service:
        assert service.reindexer.job(job.id).state is JobState.FAILED
        assert service.index.resolve(settings.alias) is None


def test_the_command_says_what_to_do_where_a_server_has_the_index(bundles: Path, tmp_path: Path) -> None:
    message = r"curl -X POST http://127\.0\.0\.1:8000/v1/reindex"
    with prepared(bundles, tmp_path, "") as settings, opened(settings), pytest.raises(Conflict, match=message):
        reindex(settings, FIRST, Silent())


def test_the_command_and_a_server_do_not_build_at_once(settings: Settings) -> None:
    with FolderLock(settings.data_dir, "reindex.lock"), pytest.raises(Conflict, match="another re-index"):
        reindex(settings, FIRST, Silent())


def test_a_process_of_its_own_builds_what_is_large(settings: Settings) -> None:
    apart = settings.model_copy(update={"build_here_items": 0})
    with opened(apart) as service:
        job = ended(service, service.reindexer.start(SECOND))
        assert (job.state, job.error) == (JobState.DONE, None)
        assert service.live.current().collection == job.collection
        assert service.index.count(str(job.collection)) == 41
    assert not list((settings.index_dir / "building").glob("*"))


@pytest.mark.parametrize("moment", ["loading", pytest.param("building", marks=pytest.mark.slow)])
def test_a_building_process_that_is_killed_fails_its_job_alone(settings: Settings, moment: str) -> None:
    apart = settings.model_copy(update={"build_here_items": 0})
    with opened(apart) as service:
        collection, others = run(service), children()
        job = service.reindexer.start(SECOND)
        eventually(lambda: len(children() - others) == 1 and service.reindexer.job(job.id).phase == moment)
        kill((children() - others).pop())
        failed = ended(service, job)
        assert failed.state is JobState.FAILED
        assert str(failed.error).startswith("the building process ended with code -9")
        assert service.live.fresh().collection == collection
        names = [info.name for info in service.index.collections() if info.name.startswith(settings.alias)]
        assert names == [collection]


def test_an_adopted_collection_is_there_after_the_next_start(bundles: Path, tmp_path: Path) -> None:
    with prepared(bundles, tmp_path, "") as settings:
        with opened(settings.model_copy(update={"build_here_items": 0})) as service:
            job = ended(service, service.reindexer.start(FIRST))
        with opened(settings) as service:
            assert isinstance(service.index, QdrantEmbedded)
            assert service.index.count(str(job.collection)) == 41
            assert service.live.current().collection == job.collection


def test_every_answer_is_wholly_of_one_bundle(service: Service) -> None:
    from pharos.serving.pipeline import Person, Selection

    run(service, FIRST)
    answers = []
    stop = threading.Event()

    def ask() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            answers.append(service.pipeline.recommend(Person(f"w{number % 20}"), Selection(5)))

    askers = [threading.Thread(target=ask) for _ in range(2)]
    for asker in askers:
        asker.start()
    for bundle in (SECOND, FIRST, SECOND):
        run(service, bundle)
    service.reindexer.rollback()
    stop.set()
    for asker in askers:
        asker.join()
    assert {answer.degraded_reason for answer in answers} == {None}
    assert {len(answer.items) for answer in answers} == {5}
    assert {answer.bundle for answer in answers} == {FIRST, SECOND}
    assert [answer for answer in answers if f"--{answer.bundle}--" not in str(answer.collection)] == []


def test_bundles_of_other_lengths_cannot_be_mixed_unseen(bundles: Path) -> None:
    assert Bundle.load(bundles / FIRST).dimensions != Bundle.load(bundles / SECOND).dimensions
    assert with_title(ITEM, "x").items["item_id"].tolist() == [ITEM]
