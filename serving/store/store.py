"""The store: the truth about items, users and what users did. The vector index is derived from it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import pandas as pd
from sqlalchemy import Connection, func, inspect, select
from sqlalchemy.exc import DBAPIError

from indexing.filters import Filter
from ingest.dataset import Dataset
from ingest.records import parse_features
from ingest.schema import Schema
from serving.errors import StoreError
from serving.store import bulk, catalogue, history, matching, meta, popular, titles
from serving.store.engine import open_engine, writing
from serving.store.features import item_frame
from serving.store.records import Event, ImportCounts, ItemRecord, PopularItem, StoreCounts, StoredPerson, TitleMatch
from serving.store.tables import events, items, metadata, users
from towers.progress import Progress, Silent


class Store:
    """One database. Safe with threads; every method is one transaction.

    url: a SQLAlchemy address. event_weights: weight of each event type in popularity; events of weight 0 are no part
    of a history. Every method raises StoreError where the database cannot be used: locked, full, damaged.
    """

    def __init__(self, url: str, event_weights: Mapping[str, float]) -> None:
        self._engine = open_engine(url)
        self._weights = dict(event_weights)
        self._weightless = sorted(name for name, weight in event_weights.items() if weight == 0)
        with self._reads() as connection:
            complete = set(metadata.tables) <= set(inspect(connection).get_table_names())
        if not complete:  # Only then, so that the store can be opened while another process writes.
            with self._writes() as connection:
                metadata.create_all(connection)

    def import_dataset(
        self, dataset: Dataset, progress: Progress | None = None, *, replace: bool = False
    ) -> ImportCounts:
        """Load a data set in one transaction; see `bulk.import_dataset`."""
        with self._writes() as connection:
            return bulk.import_dataset(connection, dataset, progress or Silent(), replace=replace)

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
            return catalogue.by_id(connection, item_ids)

    def existing(self, item_ids: Sequence[str]) -> set[str]:
        """Those of the ids that there are items of."""
        with self._reads() as connection:
            return catalogue.existing(connection, item_ids)

    def available(self, item_ids: Sequence[str]) -> set[str]:
        """Those of the ids whose items exist and may be shown."""
        with self._reads() as connection:
            return catalogue.available(connection, item_ids)

    def item_frames(self, size: int = 1000, since: int = 0) -> Iterator[pd.DataFrame]:
        """All items changed after revision `since`, as typed tables (`features.item_frame`) of at most `size` rows."""
        with self._reads() as connection:
            known = meta.schema(connection) or Schema()
            for page in catalogue.pages(connection, size, since):
                yield item_frame(known.items, page)

    def matching(self, item_ids: Sequence[str], filter: Filter) -> set[str]:
        """Those of the items that pass the (checked) filter."""
        with self._reads() as connection:
            return matching.matching(connection, item_ids, filter)

    def new_items(self, limit: int, since: int | None, fewer_than: int | None) -> list[str]:
        """Available items added since a time, or with fewer events than so many; see `matching.new_items`."""
        with self._reads() as connection:
            return matching.new_items(connection, limit, since, fewer_than)

    def history(self, user_id: str, limit: int) -> list[Event]:
        """The newest `limit` events of a user, oldest first, one per item."""
        with self._reads() as connection:
            return history.history(connection, user_id, limit, self._weightless)

    def person(self, user_id: str, limit: int) -> StoredPerson:
        """What is known of a user, with the newest `limit` events, as of one moment."""
        with self._reads() as connection:
            newest = history.history(connection, user_id, limit, self._weightless)
            seen = history.seen(connection, user_id)
            stored = history.user_features(connection, user_id)
            known = (meta.schema(connection) or Schema()).users if stored else ()
        return StoredPerson(tuple(newest), frozenset(seen), parse_features(known, stored) if stored else {})

    def popular(self, limit: int, filter: Filter | None = None) -> list[PopularItem]:
        """Available items that pass the (checked) filter, most popular first; see `popular.popular`."""
        with self._reads() as connection:
            return popular.popular(connection, limit, filter or Filter(), self._weights)

    def find_titles(self, text: str, limit: int, filter: Filter | None = None) -> list[TitleMatch]:
        """Available items whose titles hold the words of a text and that pass the (checked) filter."""
        with self._reads() as connection:
            return titles.find(connection, text, limit, filter or Filter())

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


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise StoreError(f"the store cannot be used: {error.orig}") from error
