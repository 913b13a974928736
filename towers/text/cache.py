"""A cache of text vectors on disk, so that no text is encoded twice by the same model."""

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import numpy.typing as npt

_BLOCK = 500  # SQLite's oldest limit of bound variables is 999


class TextCache:
    """Text vectors by content hash, in one SQLite file per text model and token limit.

    A cache is derived data: it may be deleted at any time, and two processes may write to it at once.
    """

    def __init__(self, folder: Path, model_hash: str, tokens: int) -> None:
        """Open the cache, below `folder`, of the model whose weights have the hash `model_hash`."""
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{model_hash[:16]}-{tokens}.sqlite"
        with closing(self._connect()) as db, db:
            db.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID")

    def get(self, texts: Sequence[str]) -> dict[str, npt.NDArray[np.float32]]:
        """The cached vectors by text; texts without one are left out."""
        by_key = {_key(text): text for text in texts}
        keys = list(by_key)
        found: dict[str, npt.NDArray[np.float32]] = {}
        with closing(self._connect()) as db:
            for start in range(0, len(keys), _BLOCK):
                block = keys[start : start + _BLOCK]
                marks = ",".join("?" * len(block))
                for key, blob in db.execute(f"SELECT key, vector FROM vectors WHERE key IN ({marks})", block):
                    found[by_key[key]] = np.frombuffer(blob, np.float32)
        return found

    def put(self, vectors: Iterable[tuple[str, npt.NDArray[np.float32]]]) -> None:
        """Store each (text, vector) pair."""
        rows = [(_key(text), vector.astype(np.float32).tobytes()) for text, vector in vectors]
        with closing(self._connect()) as db, db:
            db.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=30)


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
