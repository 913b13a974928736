"""A folder as a power cut leaves it: what was synced is there, and of the rest as much as chance has it.

The rules are the strict ones of POSIX, not the kinder ones of one file system: a file's content is safe once the file
was synced, its name once the folder was, and a rename or removal likewise.
"""

import random
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.trace import Call

_SECTOR = 512


@dataclass
class _File:
    """Content that is safe, and the changes since: (start, data), or (length, None) for a cut or growth."""

    safe: bytearray = field(default_factory=bytearray)
    now: bytearray = field(default_factory=bytearray)
    since: list[tuple[int, bytes | None]] = field(default_factory=list)

    def change(self, start: int, data: bytes | None) -> None:
        _apply(self.now, start, data)
        self.since.append((start, data))

    def sync(self) -> None:
        for start, data in self.since:
            _apply(self.safe, start, data)
        self.since = []

    def fail_to_sync(self) -> None:
        """Systems forget what they failed to write, and a later sync that succeeds does not bring it back."""
        self.since = []


@dataclass(frozen=True)
class _Entry:
    """A change of one name of a folder: the node that it now stands for, or None where it is gone."""

    folder: int
    name: str
    node: int | None


class Disk:
    """What is on the disk, and what is on its way there, below a folder. Paths are absolute."""

    def __init__(self, folder: Path) -> None:
        self._root = str(folder)
        self._files: dict[int, _File] = {}
        self._now: dict[int, dict[str, int]] = {0: {}}
        self._safe: dict[int, dict[str, int]] = {0: {}}
        self._changes: list[list[_Entry]] = []  # each happens wholly or not at all
        self._offsets: dict[tuple[int, str], int] = {}
        self._nodes = 0

    def play(self, call: Call) -> None:
        """Take in one call."""
        path = call.path
        if path == self._root and "sync" not in call.name:
            return
        match call.name:
            case "openat":
                self._open(call)
            case "write" | "pwrite64":
                self._write(call)
            case "truncate":
                self._file(path).change(call.start or 0, None)
            case "sync":
                self._sync(self._node(path))
            case "failed sync":
                self._fail_to_sync(self._node(path))
            case "mkdir":
                self._add(path, {})
            case "unlink":
                self._change(_Entry(*self._place(path), None))
            case "rename":
                self._change(_Entry(*self._place(path), None), _Entry(*self._place(call.other), self._node(path)))
            case other:
                raise AssertionError(other)

    def lay_out(self, target: Path, chance: random.Random | None) -> None:
        """Write what a cut at this moment leaves to a new folder; without chance only what was synced."""
        folders = {number: dict(names) for number, names in self._safe.items()}
        arrived = chance.randint(0, len(self._changes)) if chance else 0
        for change in self._changes[:arrived]:
            _enter(folders, change)
        self._lay_out(0, target, folders, chance)

    def _lay_out(
        self, number: int, target: Path, folders: dict[int, dict[str, int]], chance: random.Random | None
    ) -> None:
        target.mkdir(parents=True)
        for name, node in sorted(folders.get(number, {}).items()):
            if node in self._files:
                (target / name).write_bytes(self._left(self._files[node], chance))
            else:
                self._lay_out(node, target / name, folders, chance)

    def _left(self, file: _File, chance: random.Random | None) -> bytes:
        content = bytearray(file.safe)
        if chance and file.since:
            arrived = chance.randint(0, len(file.since))
            for start, data in file.since[:arrived]:
                _apply(content, start, data)
            if arrived < len(file.since):
                start, data = file.since[arrived]
                _apply(content, start, (data or b"")[: chance.randint(0, len(data or b"") // _SECTOR) * _SECTOR])
        return bytes(content)

    def _open(self, call: Call) -> None:
        if "O_DIRECTORY" in call.flags or (self._find(call.path) in self._now):
            return
        if self._find(call.path) is None:
            self._add(call.path, _File())
        if "O_TRUNC" in call.flags:
            self._file(call.path).change(0, None)
        self._offsets[call.descriptor, call.path] = -1 if "O_APPEND" in call.flags else 0

    def _write(self, call: Call) -> None:
        file, start = self._file(call.path), call.start
        if start is None:
            offset = self._offsets.get((call.descriptor, call.path), 0)
            start = len(file.now) if offset < 0 else offset
            if offset >= 0:
                self._offsets[call.descriptor, call.path] = offset + len(call.data)
        file.change(start, call.data)

    def _sync(self, node: int) -> None:
        if node in self._files:
            self._files[node].sync()
            return
        reached = [change for change in self._changes if any(entry.folder == node for entry in change)]
        self._changes = [change for change in self._changes if change not in reached]
        for change in reached:
            _enter(self._safe, change)

    def _fail_to_sync(self, node: int) -> None:
        if node in self._files:
            self._files[node].fail_to_sync()

    def _add(self, path: str, content: "_File | dict[str, int]") -> None:
        self._nodes += 1
        if isinstance(content, _File):
            self._files[self._nodes] = content
        else:
            self._now[self._nodes] = content
        self._change(_Entry(*self._place(path), self._nodes))

    def _change(self, *entries: _Entry) -> None:
        _enter(self._now, entries)
        self._changes.append([*entries])

    def _place(self, path: str) -> tuple[int, str]:
        above, _, name = path.rpartition("/")
        return self._node(above), name

    def _find(self, path: str) -> int | None:
        node: int | None = 0
        for name in Path(path).relative_to(self._root).parts:
            node = self._now.get(node, {}).get(name) if node is not None else None
        return node

    def _node(self, path: str) -> int:
        node = self._find(path)
        assert node is not None, path
        return node

    def _file(self, path: str) -> _File:
        return self._files[self._node(path)]


def _enter(folders: dict[int, dict[str, int]], change: Sequence[_Entry]) -> None:
    for entry in change:
        names = folders.setdefault(entry.folder, {})
        if entry.node is None:
            names.pop(entry.name, None)
        else:
            names[entry.name] = entry.node


def cuts(calls: Sequence[Call], folder: Path, moments: Sequence[int]) -> "list[tuple[Disk, list[str]]]":
    """The disk after each of these numbers of calls, ascending, and the lines that had been printed until then."""
    disk, printed, found, wanted = Disk(folder), b"", [], set(moments)
    for number, call in enumerate(calls, 1):
        if call.path == "stdout":
            printed += call.data
        else:
            disk.play(call)
        if number in wanted:
            found.append((deepcopy(disk), printed.decode().splitlines()))
    return found


def _apply(content: bytearray, start: int, data: bytes | None) -> None:
    if data is None:
        del content[start:]
        content.extend(bytes(start - len(content)))
        return
    content.extend(bytes(max(0, start - len(content))))
    content[start : start + len(data)] = data
