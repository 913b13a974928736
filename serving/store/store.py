"""The store: the source of truth about items, users and events. The vector index is derived from it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Concatenate, Final, ParamSpec, TypeVar

import pandas as pd
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from pharos.indexing.filters import Filter
from pharos.ingest.dataset import Dataset
from pharos.ingest.records import parse_features
from pharos.ingest.schema import Schema
from pharos.ingest.unicode import nfc
from pharos.serving.errors import StoreError
from pharos.serving.store import (
    dataset_import,
    dumps,
    event_counts,
    event_windows,
    feature_values,
    item_reads,
    item_writes,
    jobs,
    listing,
    meta,
    popularity,
    shown,
    titles,
    training_data,
    user_reads,
    user_writes,
)
from pharos.serving.store.advisory_lock import AdvisoryLock
from pharos.serving.store.engine import open_engine, writing
from pharos.serving.store.feature_values import FeatureValues
from pharos.serving.store.features import item_frame
from pharos.serving.store.migrations import upgrade
from pharos.serving.store.records import (
    Change,
    Event,
    ImportCounts,
    ItemEvents,
    ItemRecord,
    PopularItem,
    StoreCounts,
    StoredPerson,
)
from pharos.serving.store.tables import events, items, users
from pharos.towers.progress import Progress, Silent

# SQLite says so: https://www.sqlite.org/rescode.html#corrupt and #notadb.
_DAMAGED: Final = ("malformed", "not a database")

# Any number will do that others do not use in the same database.
_REINDEX_KEY: Final = int.from_bytes(b"reindex", "big")

_P = ParamSpec("_P")
_R = TypeVar("_R")


def _reads(function: Callable[Concatenate[Connection, _P], _R]) -> Callable[Concatenate["Store", _P], _R]:
    """Make the function a method of the store that runs in a read transaction."""

    @wraps(function)
    def method(store: "Store", /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        with store.reading() as connection:
            return function(connection, *args, **kwargs)

    return method


def _writes(function: Callable[Concatenate[Connection, _P], _R]) -> Callable[Concatenate["Store", _P], _R]:
    """Make the function a method of the store that runs in a write transaction."""

    @wraps(function)
    def method(store: "Store", /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        with store.writing() as connection:
            return function(connection, *args, **kwargs)

    return method


class Store:
    """One database. Thread-safe; every method is one transaction.

    url: a SQLAlchemy address. event_weights: weight of each event type in popularity; events of weight 0 are no part
    of a history. Every method raises StoreError where the database cannot be used: locked, full, damaged.
    """

    def __init__(self, url: str, event_weights: Mapping[str, float]) -> None:
        self._engine = open_engine(url)
        self._weights = dict(event_weights)
        self._weightless = sorted(name for name, weight in event_weights.items() if weight == 0)
        self._feature_values: tuple[int, list[FeatureValues]] | None = None
        with _explained():
            upgrade(self._engine)

    revision = _reads(meta.revision)

    items = _reads(item_reads.by_id)
    existing = _reads(item_reads.existing)
    available = _reads(item_reads.available)
    passing = _reads(item_reads.passing)
    matching = _reads(item_reads.matching)
    new_items = _reads(item_reads.new_items)
    changes_since = _reads(item_reads.changes)
    revisions = _reads(item_reads.revisions)
    find_titles = _reads(titles.find)
    events_of = _reads(event_counts.events_of)
    newest_event = _reads(event_windows.newest)
    catalogue = _reads(training_data.catalogue)
    miscounted = _reads(event_counts.miscounted)
    next_change = _reads(shown.next_change)
    some_out_of_time = _reads(shown.some_out_of_time)
    some_unavailable = _reads(shown.some_unavailable)
    list_items = _reads(listing.list_items)
    put_items = _writes(item_writes.put)
    patch_item = _writes(item_writes.patch)
    delete_item = _writes(item_writes.remove)

    user = _reads(user_reads.user)
    some_users = _reads(user_reads.some)
    user_ids = _reads(user_reads.all_ids)
    list_users = _reads(listing.list_users)
    list_events = _reads(listing.list_events)
    list_events_of = _reads(listing.list_events_of)
    personal_data = _reads(listing.personal_data)
    put_user = _writes(user_writes.put_user)
    delete_user = _writes(user_writes.remove_user)
    add_events = _writes(user_writes.add_events)
    delete_event = _writes(user_writes.remove_event)
    merge_users = _writes(user_writes.merge)
    ignore = _writes(user_writes.ignore)

    dump = _reads(dumps.write)
    restore = _writes(dumps.read)

    job = _reads(jobs.by_id)
    job_under_way = _reads(jobs.under_way)
    newest_jobs = _reads(jobs.newest)
    add_job = _writes(jobs.add)
    change_job = _writes(jobs.change)
    fail_jobs = _writes(jobs.fail_all)
    synced_revision = _reads(jobs.synced_revision)
    set_synced = _writes(jobs.set_synced)
    forget_collections = _writes(jobs.forget_collections)

    def import_dataset(
        self, dataset: Dataset, progress: Progress | None = None, *, replace: bool = False
    ) -> ImportCounts:
        """Import a data set in one transaction; see `dataset_import.import_dataset`."""
        with self.writing() as connection:
            return dataset_import.import_dataset(connection, dataset, progress or Silent(), replace=replace)

    def schema(self) -> Schema:
        """The schema of items and users; empty before the first import."""
        with self.reading() as connection:
            return meta.schema(connection) or Schema()

    def feature_values(self) -> list[FeatureValues]:
        """See `feature_values.feature_values`; kept until an item changes, for it reads thousands of them."""
        with self.reading() as connection:
            # Before the items: what changes in between is read again the next time.
            revision = meta.revision(connection)
            kept = self._feature_values
            if kept is None or kept[0] != revision:
                kept = self._feature_values = revision, feature_values.feature_values(connection)
            return kept[1]

    def counts(self) -> StoreCounts:
        """The counts of items, users and events."""
        with self.reading() as connection:
            rows = [
                connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in (items, users, events)
            ]
        return StoreCounts(*rows)

    def item(self, item_id: str) -> ItemRecord | None:
        """One item, None if there is none."""
        return self.items([item_id]).get(nfc(item_id))

    def item_frames(self, size: int = 1000, since: int = 0, until: int | None = None) -> Iterator[pd.DataFrame]:
        """All items changed after revision `since`, as typed tables (`features.item_frame`) of up to `size` rows.

        until: the revision to stop at; by default the newest at the start. An item that changes before its turn is left
        out: `changes_since` that revision has it. No transaction stays open between two tables.
        """
        last = self.revision() if until is None else until
        while True:
            with self.reading() as connection:
                known = meta.schema(connection) or Schema()
                page = item_reads.page(connection, size, since, last)
            if not page:
                return
            yield item_frame(known.items, page)
            since = page[-1].revision

    def frame_of(self, records: Sequence[ItemRecord]) -> pd.DataFrame:
        """Items as a typed table (`features.item_frame`)."""
        return item_frame(self.schema().items, records)

    def dataset(self) -> Dataset:
        """The content of the store as a data set to train on; see `training_data.dataset`."""
        with self.reading() as connection:
            return training_data.dataset(connection, self._weightless)

    def popular(self, limit: int, filter: Filter | None = None) -> list[PopularItem]:
        """Available items that pass the (checked) filter, most popular first; see `popularity.popular`."""
        with self.reading() as connection:
            return popularity.popular(connection, limit, filter or Filter(), self._weights)

    def item_events(self, start: int | None = None, stop: int | None = None) -> list[ItemEvents]:
        """Event counts of each item by id, of all time or from `start` on and before `stop`; see `event_windows`."""
        with self.reading() as connection:
            if start is None or stop is None:
                return event_windows.ever(connection, self._weights)
            return event_windows.within(connection, start, stop, self._weights)

    def history(self, user_id: str, limit: int) -> list[Event]:
        """The newest `limit` events of a user, oldest first, one per item."""
        with self.reading() as connection:
            return user_reads.history(connection, user_id, limit, self._weightless)

    def person(self, user_id: str, limit: int) -> StoredPerson:
        """A snapshot of a user's features, seen items and newest `limit` events."""
        with self.reading() as connection:
            newest = user_reads.history_events(connection, user_id, limit, self._weightless)
            seen = user_reads.seen(connection, user_id)
            stored = user_reads.user_features(connection, user_id)
            known = (meta.schema(connection) or Schema()).users if stored else ()
        return StoredPerson(newest, frozenset(seen), parse_features(known, stored) if stored else {})

    def people(self, user_ids: Sequence[str], limit: int) -> list[StoredPerson]:
        """A snapshot of many users, each as `person` gives it, in their order."""
        with self.reading() as connection:
            found = user_reads.many(connection, user_ids, limit, self._weightless)
            schema = (meta.schema(connection) or Schema()).users
        people = (found[nfc(user_id)] for user_id in user_ids)
        return [
            StoredPerson(one.history, one.seen, parse_features(schema, one.features) if one.features else {})
            for one in people
        ]

    def stop_ignoring(self, user_id: str, item_id: str) -> None:
        """Remove an ignored item of a user, and events of weight 0 that mean the same."""
        with self.writing() as connection:
            user_writes.stop_ignoring(connection, user_id, item_id, self._weightless)

    @contextmanager
    def halted(self) -> Iterator["Halted"]:
        """A context in which no item changes: all writers wait, in every process.

        Write only through the yielded object: any other transaction of this thread would wait, too.
        """
        with self.writing() as connection:
            meta.hold_revision(connection)
            yield Halted(connection)

    def reindex_lock(self) -> AdvisoryLock | None:
        """Acquire the database's lock for a re-index; None where the database has no such locks.

        Raises AdvisoryLockTaken, StoreError.
        """
        if self._engine.dialect.name != "postgresql":
            return None
        return AdvisoryLock(self._engine, _REINDEX_KEY)

    def check(self) -> None:
        """Raises StoreError if the database does not answer."""
        with self.reading() as connection:
            connection.execute(select(1))

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read transaction on a snapshot."""
        with _explained(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A write transaction, committed at the end of the context unless it raises."""
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
        """See `item_reads.changes`."""
        return item_reads.changes(self._connection, revision, limit)

    def set_synced(self, collection: str, revision: int) -> None:
        """See `jobs.set_synced`."""
        jobs.set_synced(self._connection, collection, revision)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        told = str(error.orig)
        if any(words in told for words in _DAMAGED):
            raise StoreError(
                f"the store's file is damaged ({told}): move it, its -wal and its -shm away and `pharos restore` a dump"
            ) from error
        raise StoreError(f"the store cannot be used: {told}") from error
    except PoolTimeout as error:
        raise StoreError("the store cannot be used: all connections to it are taken") from error
