"""The store: the truth about items, users and what users did. The vector index is derived from it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

import pandas as pd
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError

from pharos.indexing.filters import Filter
from pharos.ingest.dataset import Dataset
from pharos.ingest.records import parse_features
from pharos.ingest.schema import Schema
from pharos.serving.errors import StoreError
from pharos.serving.store import (
    dataset_import,
    event_counts,
    item_reads,
    item_writes,
    jobs,
    meta,
    popularity,
    titles,
    training_data,
    user_reads,
    user_writes,
)
from pharos.serving.store.engine import open_engine, writing
from pharos.serving.store.features import item_frame
from pharos.serving.store.migrations import upgrade
from pharos.serving.store.records import (
    Change,
    Event,
    ImportCounts,
    ItemRecord,
    Job,
    NewItem,
    PopularItem,
    StoreCounts,
    StoredPerson,
    TitleMatch,
    User,
    UserEvent,
    WrittenItem,
)
from pharos.serving.store.tables import events, items, users
from pharos.towers.progress import Progress, Silent


class Store:
    """One database. Safe with threads; every method is one transaction.

    url: a SQLAlchemy address. event_weights: weight of each event type in popularity; events of weight 0 are no part
    of a history. Every method raises StoreError where the database cannot be used: locked, full, damaged.
    """

    def __init__(self, url: str, event_weights: Mapping[str, float]) -> None:
        self._engine = open_engine(url)
        self._weights = dict(event_weights)
        self._weightless = sorted(name for name, weight in event_weights.items() if weight == 0)
        with _explained():
            upgrade(self._engine)

    def import_dataset(
        self, dataset: Dataset, progress: Progress | None = None, *, replace: bool = False
    ) -> ImportCounts:
        """Load a data set in one transaction; see `dataset_import.import_dataset`."""
        with self._writes() as connection:
            return dataset_import.import_dataset(connection, dataset, progress or Silent(), replace=replace)

    def schema(self) -> Schema:
        """The features that items and users have; none before the first import."""
        with self._reads() as connection:
            return meta.schema(connection) or Schema()

    def revision(self) -> int:
        """The newest revision of any item; 0 before the first."""
        with self._reads() as connection:
            return meta.revision(connection)

    def counts(self) -> StoreCounts:
        """How many items, users and events there are."""
        with self._reads() as connection:
            rows = [
                connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in (items, users, events)
            ]
        return StoreCounts(*rows)

    def item(self, item_id: str) -> ItemRecord | None:
        """One item, None if there is none."""
        return self.items([item_id]).get(item_id)

    def items(self, item_ids: Sequence[str]) -> dict[str, ItemRecord]:
        """Items by id; unknown ids are absent."""
        with self._reads() as connection:
            return item_reads.by_id(connection, item_ids)

    def existing(self, item_ids: Sequence[str]) -> set[str]:
        """Those of the ids that there are items of."""
        with self._reads() as connection:
            return item_reads.existing(connection, item_ids)

    def available(self, item_ids: Sequence[str]) -> set[str]:
        """Those of the ids whose items exist and may be shown."""
        with self._reads() as connection:
            return item_reads.available(connection, item_ids)

    def item_frames(self, size: int = 1000, since: int = 0, until: int | None = None) -> Iterator[pd.DataFrame]:
        """All items changed after revision `since`, as typed tables (`features.item_frame`) of at most `size` rows.

        until: the revision to stop at; by default the newest at the start. An item that is changed while this goes on
        is left out if it was not its turn yet: `changes_since` that revision has it. No transaction stays open.
        """
        last = self.revision() if until is None else until
        while True:
            with self._reads() as connection:
                known = meta.schema(connection) or Schema()
                page = item_reads.page(connection, size, since, last)
            if not page:
                return
            yield item_frame(known.items, page)
            since = page[-1].revision

    def changes_since(self, revision: int, limit: int) -> list[Change]:
        """The first `limit` changes of items after a revision, in the order of the revisions; deleted items too."""
        with self._reads() as connection:
            return item_reads.changes(connection, revision, limit)

    def revisions(self, item_ids: Sequence[str]) -> dict[str, int]:
        """The revisions of items by id; unknown ids are absent."""
        with self._reads() as connection:
            return item_reads.revisions(connection, item_ids)

    def put_items(self, items: Sequence[NewItem]) -> list[WrittenItem]:
        """Write whole items, each in place of what there was of its id, all or none. No id may come twice."""
        with self._writes() as connection:
            return item_writes.put(connection, items)

    def patch_item(
        self,
        item_id: str,
        *,
        title: str | None = None,
        features: Mapping[str, object] | None = None,
        absent: Sequence[str] = (),
        available: bool | None = None,
    ) -> ItemRecord | None:
        """Change what is given of an item; None if there is none. absent: the features to remove."""
        with self._writes() as connection:
            return item_writes.patch(connection, item_id, title, features or {}, absent, available)

    def delete_item(self, item_id: str) -> int | None:
        """Delete an item, not what people did with it; returns the revision of that, None if there is none."""
        with self._writes() as connection:
            return item_writes.remove(connection, item_id)

    def add_events(self, new: Sequence[UserEvent]) -> int:
        """Keep events, all or none, and make their users known; returns how many were not there already.

        Raises UnknownItem.
        """
        with self._writes() as connection:
            return user_writes.add_events(connection, new)

    def ignore(self, user_id: str, item_id: str) -> None:
        """Keep that a user does not want to see an item, and make the user known. Raises UnknownItem."""
        with self._writes() as connection:
            user_writes.ignore(connection, user_id, item_id)

    def stop_ignoring(self, user_id: str, item_id: str) -> None:
        """Forget that a user did not want to see an item, and events of weight 0 that say the same."""
        with self._writes() as connection:
            user_writes.stop_ignoring(connection, user_id, item_id, self._weightless)

    def user(self, user_id: str) -> User | None:
        """What is known of a user; None if nothing is."""
        with self._reads() as connection:
            return user_writes.user(connection, user_id)

    def put_user(self, user_id: str, features: Mapping[str, object]) -> None:
        """Write the features of a user, in place of what was known."""
        with self._writes() as connection:
            user_writes.put_user(connection, user_id, features)

    def delete_user(self, user_id: str) -> None:
        """Delete all that is known of a user."""
        with self._writes() as connection:
            user_writes.remove_user(connection, user_id)

    def frame_of(self, records: Sequence[ItemRecord]) -> pd.DataFrame:
        """Items as a typed table (`features.item_frame`)."""
        return item_frame(self.schema().items, records)

    def dataset(self) -> Dataset:
        """All that the store holds, as a data set to train on; see `training_data.dataset`."""
        with self._reads() as connection:
            return training_data.dataset(connection, self._weightless)

    def matching(self, item_ids: Sequence[str], filter: Filter) -> set[str]:
        """Those of the items that pass the (checked) filter."""
        with self._reads() as connection:
            return item_reads.matching(connection, item_ids, filter)

    def new_items(self, limit: int, since: int | None, fewer_than: int | None) -> list[str]:
        """Available items added since a time, or with fewer events than so many; see `item_reads.new_items`."""
        with self._reads() as connection:
            return item_reads.new_items(connection, limit, since, fewer_than)

    def history(self, user_id: str, limit: int) -> list[Event]:
        """The newest `limit` events of a user, oldest first, one per item."""
        with self._reads() as connection:
            return user_reads.history(connection, user_id, limit, self._weightless)

    def person(self, user_id: str, limit: int) -> StoredPerson:
        """What is known of a user, with the newest `limit` events, as of one moment."""
        with self._reads() as connection:
            newest = user_reads.history(connection, user_id, limit, self._weightless)
            seen = user_reads.seen(connection, user_id)
            stored = user_reads.user_features(connection, user_id)
            known = (meta.schema(connection) or Schema()).users if stored else ()
        return StoredPerson(tuple(newest), frozenset(seen), parse_features(known, stored) if stored else {})

    def popular(self, limit: int, filter: Filter | None = None) -> list[PopularItem]:
        """Available items that pass the (checked) filter, most popular first; see `popularity.popular`."""
        with self._reads() as connection:
            return popularity.popular(connection, limit, filter or Filter(), self._weights)

    def events_of(self, item_id: str) -> int:
        """How many events of all kinds an item has."""
        with self._reads() as connection:
            return event_counts.events_of(connection, item_id)

    def find_titles(self, text: str, limit: int, filter: Filter | None = None) -> list[TitleMatch]:
        """Available items whose titles hold the words of a text and that pass the (checked) filter."""
        with self._reads() as connection:
            return titles.find(connection, text, limit, filter or Filter())

    def add_job(self, job: Job) -> None:
        """Keep a new job."""
        with self._writes() as connection:
            jobs.add(connection, job)

    def change_job(self, job: Job) -> None:
        """Keep what became of a job."""
        with self._writes() as connection:
            jobs.change(connection, job)

    def job(self, job_id: str) -> Job | None:
        """One job, None if there is none."""
        with self._reads() as connection:
            return jobs.by_id(connection, job_id)

    def job_under_way(self) -> Job | None:
        """The job that has not ended, None if there is none."""
        with self._reads() as connection:
            return jobs.under_way(connection)

    def fail_jobs(self, reason: str) -> None:
        """Mark every job failed that has not ended: for whoever knows that nobody is at work on any."""
        with self._writes() as connection:
            jobs.fail_all(connection, reason)

    def synced_revision(self, collection: str) -> int:
        """The revision up to which a collection of the index is known to have every change; 0 where nothing is."""
        with self._reads() as connection:
            return jobs.synced_revision(connection, collection)

    def set_synced(self, collection: str, revision: int) -> None:
        """Keep that a collection has every change up to a revision; a lower one than before changes nothing."""
        with self._writes() as connection:
            jobs.set_synced(connection, collection, revision)

    def forget_collections(self, collections: Collection[str]) -> None:
        """Forget collections that are gone."""
        with self._writes() as connection:
            jobs.forget_collections(connection, collections)

    @contextmanager
    def halted(self) -> Iterator["Halted"]:
        """No item changes as long as the context lasts: every writer waits, in whatever process.

        Within it, write through what it gives and nothing else: another transaction of this thread would wait, too.
        """
        with self._writes() as connection:
            meta.hold_revision(connection)
            yield Halted(connection)

    def miscounted(self) -> list[str]:
        """The items whose counts of events are not those of their events; empty, unless something is broken."""
        with self._reads() as connection:
            return event_counts.miscounted(connection)

    def check(self) -> None:
        """Raises StoreError if the database does not answer."""
        with self._reads() as connection:
            connection.execute(select(1))

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def _reads(self) -> Iterator[Connection]:
        with _explained(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _writes(self) -> Iterator[Connection]:
        with _explained(), writing(self._engine).begin() as connection:
            yield connection


class Halted:
    """The store while no item changes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def item_count(self) -> int:
        """How many items there are."""
        return item_reads.count(self._connection)

    def changes_since(self, revision: int, limit: int) -> list[Change]:
        """See Store.changes_since."""
        return item_reads.changes(self._connection, revision, limit)

    def set_synced(self, collection: str, revision: int) -> None:
        """See Store.set_synced."""
        jobs.set_synced(self._connection, collection, revision)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise StoreError(f"the store cannot be used: {error.orig}") from error
