"""The folder of an embedded index: collections and aliases as files, consistent even if a process dies.

    lock                            held by the one process that has the index open
    aliases/<alias>                 the name of the collection, and a line with the sum of that
    collections/<name>/shard/       the engine's files
    collections/<name>/sums.json    the sums of these, while nobody has them open
    collections/<name>/collection.json   what the collection is; written last, removed first
    damaged/<name>/                 the collection that was set aside last, for who wants to look at it

So a collection folder without collection.json is what a crash left of a creation or a removal, and one that was never
live is what it left of a build. Both go when the folder is opened, since no other process can be at work on them.
A collection that an alias points to and that is not whole is damaged: it is set aside, and the alias stays.
"""

import json
import logging
import shutil
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from zlib import crc32

from pharos.indexing.errors import CollectionExists, UnknownCollection
from pharos.indexing.folder_lock import FolderLock
from pharos.indexing.index import CollectionSpec
from pharos.indexing.live_times import next_live_at
from pharos.indexing.names import alias_of, checked_name
from pharos.indexing.payload import PayloadType
from pharos.ingest.durable_files import make_durably, sync, write_durably

_MANIFEST: Final = "collection.json"
_COLLECTIONS: Final = "collections"
_SUMS: Final = "sums.json"
_SUM: Final = "sum"
_FORMAT: Final = 2
"""Of a collection's folder. Incremented whenever an older version would read it wrong; at first it was not written."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Manifest:
    """The content of collection.json.

    live_at: when an alias was last pointed here; times in ISO 8601, UTC. format: 1 has UUIDs for the ids of points, 2
    has numbers.
    """

    spec: CollectionSpec
    created_at: datetime
    live_at: datetime | None = None
    format: int = _FORMAT

    @property
    def numbered(self) -> bool:
        """Whether the points have numbers for ids."""
        return self.format > 1

    def to_json(self) -> str:
        """The manifest as the text of the file."""
        document = {"format": self.format, **asdict(self.spec), "created_at": self.created_at.isoformat()}
        document["live_at"] = self.live_at.isoformat() if self.live_at else None
        return json.dumps({**document, _SUM: _sum_of(document)}, indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Manifest":
        """The inverse of to_json. Raises ValueError where the text is damaged."""
        document: dict[str, Any] = json.loads(text)
        if (made_as := document.get("format", 1)) not in range(1, _FORMAT + 1):
            raise ValueError(
                f"a newer Pharos has made it: it has format {made_as!r}, and this one reads 1 to {_FORMAT}"
            )
        # Collections made before there were sums have none.
        if document.pop(_SUM, None) not in {None, _sum_of(document)}:
            raise ValueError("its checksum is wrong")
        fields = {name: PayloadType(kind) for name, kind in document["payload_fields"].items()}
        live_at = document["live_at"]
        return cls(
            # Collections made before there were sparse vectors do not name any.
            spec=CollectionSpec(
                document["vectors"], fields, document["bundle"], sparse=tuple(document.get("sparse", ()))
            ),
            created_at=datetime.fromisoformat(document["created_at"]),
            live_at=datetime.fromisoformat(live_at) if live_at else None,
            format=made_as,
        )


class IndexFolder:
    """The open folder of an embedded index. Not thread-safe for changes."""

    def __init__(self, path: Path) -> None:
        self._path = path.resolve()
        self._collections = self._path / _COLLECTIONS
        self._aliases = self._path / "aliases"
        for folder in (self._collections, self._aliases):
            make_durably(folder)
        self._lock = FolderLock(self._path)
        self.damaged: dict[str, str] = {}
        """The reasons why collections were set aside, by name."""
        pointers = {file.name: _read_pointer(file) for file in self._aliases.iterdir() if file.name[0] != "."}
        self.aliases: dict[str, str] = {alias: name for alias, name in pointers.items() if name is not None}
        self.manifests: dict[str, Manifest] = {}
        self._read_manifests()
        self._repair_aliases({alias for alias, name in pointers.items() if name is None})
        self._finish_switches()

    def shard(self, collection: str) -> Path:
        """The folder in which the engine keeps a collection. Raises InvalidName."""
        return self._collections / checked_name(collection) / "shard"

    def sums(self, collection: str) -> Path:
        """The file of checksums of a collection; it exists only while nobody has the collection open."""
        return self._collections / checked_name(collection) / _SUMS

    def forget_sums(self, collection: str) -> None:
        """Delete the checksums durably, since the files are about to change."""
        self.sums(collection).unlink(missing_ok=True)
        sync(self._collections / collection)

    def set_aside(self, collection: str, reason: str) -> Path:
        """Move a damaged collection aside, replacing an earlier one; returns the new place. Aliases are unchanged."""
        self.manifests.pop(collection, None)
        self.damaged[collection] = reason
        kept = self._path / "damaged"
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir()
        source = self._collections / checked_name(collection)
        if source.exists():
            source.rename(kept / collection)
            sync(self._collections)
        return kept / collection

    def add(self, collection: str, spec: CollectionSpec) -> None:
        """Register a collection whose shard is complete."""
        self._write_manifest(collection, Manifest(spec, created_at=datetime.now(UTC)))
        sync(self._collections)

    def remove(self, collection: str) -> None:
        """Delete a collection, complete or not, with its files."""
        self.manifests.pop(collection, None)
        self._delete(self._collections / collection)

    def point(self, alias: str, collection: str) -> None:
        """Point the alias to the collection. Raises InvalidName, UnknownCollection."""
        if collection not in self.manifests:
            raise UnknownCollection(collection)
        write_durably(self._aliases / checked_name(alias), _pointer(collection))
        self.aliases[alias] = collection
        # Afterwards: what never came to be live must not look as if it had been. `_finish_switches` makes up for a
        # crash in between.
        self._mark_live(collection)

    def adopt(self, collection: str, root: Path) -> None:
        """Move a complete collection here from another index folder on the same disk, which must be closed.

        Raises UnknownCollection, CollectionExists.
        """
        source = root / _COLLECTIONS / checked_name(collection)
        if not (source / _MANIFEST).is_file():
            raise UnknownCollection(collection)
        if collection in self.manifests:
            raise CollectionExists(collection)
        manifest = Manifest.from_json((source / _MANIFEST).read_text(encoding="utf-8"))
        source.rename(self._collections / collection)
        sync(self._collections)
        self.manifests[collection] = manifest

    def aliases_of(self, collection: str) -> list[str]:
        """The aliases that point to the collection."""
        return [alias for alias, target in self.aliases.items() if target == collection]

    def close(self) -> None:
        """Release the folder's lock."""
        self._lock.release()

    def _read_manifests(self) -> None:
        for folder in filter(Path.is_dir, [*self._collections.iterdir()]):
            file, pointed_to = folder / _MANIFEST, bool(self.aliases_of(folder.name))
            try:
                manifest = Manifest.from_json(file.read_text(encoding="utf-8"))
            except FileNotFoundError:
                if pointed_to:
                    self._damaged(folder.name, f"{_MANIFEST} is missing")
                else:
                    self._delete(folder)
            except (ValueError, KeyError, TypeError) as error:
                self._damaged(folder.name, f"{_MANIFEST}: {error}")
            else:
                if manifest.live_at or pointed_to:
                    self.manifests[folder.name] = manifest
                else:
                    self._delete(folder)

    def _damaged(self, collection: str, reason: str) -> None:
        place = self.set_aside(collection, reason)
        logger.error("the collection %r is damaged (%s); it was set aside in %s", collection, reason, place)

    def _repair_aliases(self, damaged: set[str]) -> None:
        """Repair aliases whose pointer is damaged or missing: each gets the collection that was live last."""
        last = {}
        for name, _ in sorted(self.manifests.items(), key=lambda item: str(item[1].live_at)):
            last[alias_of(name)] = name
        for alias, name in last.items():
            if alias is not None and alias not in self.aliases:
                write_durably(self._aliases / alias, _pointer(name))
                self.aliases[alias] = name
                logger.warning(
                    "the alias %r was damaged or missing; it now points to the collection that was live last, %r",
                    alias,
                    name,
                )
        for alias in damaged - self.aliases.keys():
            (self._aliases / alias).unlink(missing_ok=True)
            logger.error("the alias %r was damaged, and there is no collection that it could point to", alias)
        for alias, name in self.aliases.items():
            if name not in self.manifests and name not in self.damaged:
                self.damaged[name] = f"the alias {alias!r} points to it, and it is missing"

    def _finish_switches(self) -> None:
        """Mark what an alias points to as live last, where the process died before it did."""
        for alias, name in self.aliases.items():
            others = [other.live_at for key, other in self.manifests.items() if alias_of(key) == alias and key != name]
            last = max((time for time in others if time is not None), default=None)
            manifest = self.manifests.get(name)
            if manifest and (manifest.live_at is None or (last is not None and manifest.live_at < last)):
                self._mark_live(name)

    def _mark_live(self, collection: str) -> None:
        live_at = next_live_at(manifest.live_at for manifest in self.manifests.values())
        self._write_manifest(collection, replace(self.manifests[collection], live_at=live_at))

    def _write_manifest(self, collection: str, manifest: Manifest) -> None:
        write_durably(self._collections / collection / _MANIFEST, manifest.to_json())
        self.manifests[collection] = manifest

    def _delete(self, folder: Path) -> None:
        (folder / _MANIFEST).unlink(missing_ok=True)
        sync(folder)
        shutil.rmtree(folder)


def _pointer(collection: str) -> str:
    return f"{collection}\n{crc32(collection.encode()):08x}\n"


def _read_pointer(file: Path) -> str | None:
    """The collection that an alias file names; None where it is damaged. Old files have no checksum."""
    try:
        text = file.read_text(encoding="utf-8")
        name = checked_name(text.split("\n", 1)[0].strip())
    except ValueError:
        return None
    return name if text in {_pointer(name), f"{name}\n"} else None


def _sum_of(document: dict[str, Any]) -> int:
    return crc32(json.dumps(document, sort_keys=True, default=str).encode())
