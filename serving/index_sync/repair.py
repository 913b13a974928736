"""Repairs a damaged live collection or bundle automatically."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pharos.indexing.errors import CollectionDamaged
from pharos.indexing.names import bundle_of
from pharos.ingest.errors import PharosError
from pharos.serving.errors import Conflict, ServingError
from pharos.serving.index_sync.live_index import LiveIndex
from pharos.serving.index_sync.reindexer import Reindexer
from pharos.serving.index_sync.variants import Variants
from pharos.towers.bundle.bundle import bundle_ids, check_files
from pharos.towers.errors import BundleDamaged, TowersError

_FIRST_WAIT_SECONDS: Final = 5.0
_LONGEST_WAIT_SECONDS: Final = 600.0

logger = logging.getLogger(__name__)


class Repair:
    """Rebuilds a damaged collection from the store.

    From a damaged bundle it rolls back, or rebuilds with an intact one.

    Attempts for one alias are 5 seconds apart, then twice as long each time, up to ten minutes. clock: in seconds.
    """

    def __init__(
        self, bundles: Path, reindexer: Reindexer, variants: Variants, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._bundles = bundles
        self._reindexer = reindexer
        self._variants = variants
        self._clock = clock
        self._next: dict[str, tuple[float, float]] = {}

    def attempt(self) -> None:
        """Check the live collection and bundle, and start to repair what is damaged."""
        for name, live in self._variants.items():
            try:
                live.probe()
            except (CollectionDamaged, BundleDamaged) as error:
                if self._is_time(live.alias):
                    self._repair(name or None, live, error)
            except PharosError:
                continue  # away, and nothing that a rebuild would mend
            else:
                self._next.pop(live.alias, None)

    def _repair(self, variant: str | None, live: LiveIndex, error: CollectionDamaged | BundleDamaged) -> None:
        try:
            if isinstance(error, BundleDamaged) and self._rolled_back(variant):
                return
            bundle = self._intact_bundle(bundle_of(error.collection) if isinstance(error, CollectionDamaged) else None)
            job = self._reindexer.start(bundle, variant)
            logger.warning("%s; re-index %s builds %r anew with bundle %s", error, job.id, live.alias, job.bundle)
        except PharosError as failure:
            logger.error("%s; it cannot be repaired: %s", error, failure)

    def _rolled_back(self, variant: str | None) -> bool:
        try:
            generation, left = self._reindexer.rollback(variant)
        except (Conflict, TowersError, ServingError) as error:
            logger.warning("no rollback to an intact bundle: %s", error)
            return False
        logger.warning("the bundle of %s is damaged; %s is live again", left, generation.collection)
        return True

    def _intact_bundle(self, wanted: str | None) -> str | None:
        """The intact bundle to use: the wanted one, otherwise the newest; None for the newest, if none is intact."""
        known = bundle_ids(self._bundles)
        for bundle in [*([wanted] if wanted in known else []), *reversed(known)]:
            try:
                check_files(self._bundles / bundle)
            except BundleDamaged:
                continue
            return bundle
        return None

    def _is_time(self, alias: str) -> bool:
        due, wait = self._next.get(alias, (0.0, _FIRST_WAIT_SECONDS))
        if alias in self._next and self._clock() < due:
            return False
        self._next[alias] = (self._clock() + wait, min(2 * wait, _LONGEST_WAIT_SECONDS))
        return True
