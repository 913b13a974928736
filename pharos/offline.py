"""Batch recommendation: lists for all users from the store and the live collection, with the server's results."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from pharos.batch_lists import BatchLists, StoredItems
from pharos.ingest.columns import Columns
from pharos.serving.pipeline import Person
from pharos.serving.pipeline import Selection as ServerSelection
from pharos.serving.service import Service
from pharos.serving.settings import Settings
from pharos.stages import Candidate, Source

AT_ONCE = 256
"""Users in a batch."""


class OfflineLists:
    """Recommends to many users at once, with every item and vector in memory.

    The lists are those of `Pipeline.recommend` of the server, up to what an approximate index overlooks. Where
    business rules, a share of new items or several variants are set, users are answered one by one, which is exact,
    and slow.
    """

    def __init__(self, service: Service, asked: ServerSelection) -> None:
        """asked: what every list has: its length, filter, diversity, exclusions."""
        self._service, self._asked = service, asked
        self.together = answered_together(service.settings, asked)
        if self.together:
            live = service.live.current()
            items = StoredItems.read(service.store, service.index, live.collection, asked.filter)
            self._lists = BatchLists(service.store, service.settings, live.bundle, items, asked)

    def lists(self, user_ids: Sequence[str]) -> pd.DataFrame:
        """Lists as a table of user_id, rank (from 1), item_id, score, source: at most k rows per user."""
        if self.together:
            return table(self._lists(user_ids))
        return table(
            (
                user_id,
                [
                    Candidate(item.item_id, item.score, item.source)
                    for item in self._service.pipeline.recommend(Person(user_id), self._asked).items
                ],
            )
            for user_id in user_ids
        )


def answered_together(settings: Settings, asked: ServerSelection) -> bool:
    """Whether many users can be answered at once with what the settings and the question want of each list."""
    share = settings.new_share if asked.new_share is None else asked.new_share
    return settings.ranker and not (settings.rules or share or len(settings.live) > 1)


def table(lists: "Iterator[tuple[str, list[Candidate]]]") -> pd.DataFrame:
    """Lists by user id as the table that `OfflineLists.lists` gives."""
    users, ranks, items, scores, sources = list[str](), list[int](), list[str](), list[float](), list[str]()
    for user_id, found in lists:
        for rank, candidate in enumerate(found, 1):
            users.append(user_id)
            ranks.append(rank)
            items.append(candidate.item_id)
            scores.append(round(candidate.score, 6))
            sources.append(Source(candidate.source).value)
    frame = pd.DataFrame({Columns.USER: users, Columns.RANK: ranks, Columns.ITEM: items})
    frame[Columns.SCORE], frame["source"] = np.array(scores, np.float64), sources
    return frame.astype({Columns.USER: "str", Columns.RANK: "int32", Columns.ITEM: "str", "source": "str"})
