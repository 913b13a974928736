"""How an embedded index lies on the disk, and how it stays whole when a process dies.

    lock                            held by the one process that has the index open
    aliases/<alias>                 one line, the name of the collection
    collections/<name>/shard/       the engine's files
    collections/<name>/collection.json   what the collection is; written last, removed first

So a collection folder without collection.json is what a crash left of a creation or a removal, and one that was never
live is what it left of a build. Both go when the folder is opened, since no other process can be at work on them.
"""

import json
import shutil
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pharos.indexing.durable_files import sync_folder, write_durably
from pharos.indexing.errors import CollectionExists, UnknownCollection
from pharos.indexing.folder_lock import FolderLock
from pharos.indexing.index import CollectionSpec
from pharos.indexing.names import checked_name
from pharos.indexing.payload import PayloadType

_MANIFEST: Final = "collection.json"
_COLLECTIONS: Final = "collections"


@dataclass(frozen=True)
class Manifest:
    """What collection.json says. live_at: when an alias last came to point here; times in ISO 8601, UTC."""

    spec: CollectionSpec
    created_at: datetime
    live_at: datetime | None = None

    def to_json(self) -> str:
        """The manifest as the text of the file."""
        document = {**asdict(self.spec), "created_at": self.created_at.isoformat()}
        document["live_at"] = self.live_at.isoformat() if self.live_at else None
        return json.dumps(document, indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Manifest":
        """The inverse of to_json."""
        document: dict[str, Any] = json.loads(text)
        fields = {name: PayloadType(kind) for name, kind in document["payload_fields"].items()}
        live_at = document["live_at"]
        return cls(
            # Collections made before there were sparse vectors do not name any.
            spec=CollectionSpec(
                document["vectors"], fields, document["bundle"], sparse=tuple(document.get("sparse", ()))
            ),
            created_at=datetime.fromisoformat(document["created_at"]),
            live_at=datetime.fromisoformat(live_at) if live_at else None,
        )


class IndexFolder:
    """The open folder of an embedded index. Not safe to change from several threads at once."""

    def __init__(self, path: Path) -> None:
        self._path = path.resolve()
        self._collections = self._path / _COLLECTIONS
        self._aliases = self._path / "aliases"
        for folder in (self._collections, self._aliases):
            folder.mkdir(parents=True, exist_ok=True)
        self._lock = FolderLock(self._path)
        self.aliases: dict[str, str] = {
            file.name: file.read_text(encoding="utf-8").strip()
            for file in self._aliases.iterdir()
            if not file.name.startswith(".")
        }
        self.manifests: dict[str, Manifest] = self._read_manifests()

    def shard(self, collection: str) -> Path:
        """Where the engine keeps a collection. Raises InvalidName."""
        return self._collections / checked_name(collection) / "shard"

    def add(self, collection: str, spec: CollectionSpec) -> None:
        """Make a collection known whose shard is complete."""
        self._write_manifest(collection, Manifest(spec, created_at=datetime.now(UTC)))
        sync_folder(self._collections)

    def remove(self, collection: str) -> None:
        """Forget a collection, complete or not, and delete its files."""
        self.manifests.pop(collection, None)
        self._delete(self._collections / collection)

    def point(self, alias: str, collection: str) -> None:
        """Let the alias point to the collection. Raises InvalidName, UnknownCollection."""
        if collection not in self.manifests:
            raise UnknownCollection(collection)
        checked_name(alias)
        self._write_manifest(collection, replace(self.manifests[collection], live_at=datetime.now(UTC)))
        write_durably(self._aliases / alias, collection + "\n")
        self.aliases[alias] = collection

    def adopt(self, collection: str, root: Path) -> None:
        """Take over a complete collection of another index folder on the same disk, which nobody has open any more.

        Raises UnknownCollection, CollectionExists.
        """
        source = root / _COLLECTIONS / checked_name(collection)
        if not (source / _MANIFEST).is_file():
            raise UnknownCollection(collection)
        if collection in self.manifests:
            raise CollectionExists(collection)
        manifest = Manifest.from_json((source / _MANIFEST).read_text(encoding="utf-8"))
        source.rename(self._collections / collection)
        sync_folder(self._collections)
        self.manifests[collection] = manifest

    def aliases_of(self, collection: str) -> list[str]:
        """The aliases that point to the collection."""
        return [alias for alias, target in self.aliases.items() if target == collection]

    def close(self) -> None:
        """Let other processes open the folder."""
        self._lock.release()

    def _read_manifests(self) -> dict[str, Manifest]:
        manifests: dict[str, Manifest] = {}
        for folder in filter(Path.is_dir, self._collections.iterdir()):
            file = folder / _MANIFEST
            manifest = Manifest.from_json(file.read_text(encoding="utf-8")) if file.exists() else None
            if manifest and (manifest.live_at or self.aliases_of(folder.name)):
                manifests[folder.name] = manifest
            else:
                self._delete(folder)
        return manifests

    def _write_manifest(self, collection: str, manifest: Manifest) -> None:
        write_durably(self._collections / collection / _MANIFEST, manifest.to_json())
        self.manifests[collection] = manifest

    def _delete(self, folder: Path) -> None:
        (folder / _MANIFEST).unlink(missing_ok=True)
        sync_folder(folder)
        shutil.rmtree(folder)
