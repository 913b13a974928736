"""Records what a process does to the files of a folder, by strace, and reads that record."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_CALLS = (
    "openat,write,pwrite64,writev,pwritev,ftruncate,truncate,fsync,fdatasync,sync_file_range,"
    "rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,rmdir,link,linkat,symlink,copy_file_range,sendfile,fallocate"
)
_LINE = re.compile(r"^(\d+) +(\w+)\((.*)\) += (-?\d+)")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_DESCRIPTOR = re.compile(r"^(\d+)<((?:\\x[0-9a-f]{2})*)(?:\(deleted\))?>")
_RESUMED = re.compile(r"^<\.\.\. \w+ resumed>")


@dataclass(frozen=True)
class Call:
    """One system call that succeeded. path: that of the descriptor, or the first one; other: the second one's.

    start: the place in the file; None is where the last write ended, -1 the end of the file.
    """

    name: str
    path: str
    other: str = ""
    data: bytes = b""
    start: int | None = None
    descriptor: int = -1
    flags: str = ""


def record(script: str, folder: Path, fault: str = "") -> list[Call]:
    """Run a script with the folder as its first argument, and return its calls on what is below it, and its output.

    What it prints are calls of the path "stdout". fault: as strace injects it, such as fsync:error=EIO:when=3; the
    script may then fail. Skips the test where strace is not there or not allowed.
    """
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed (Debian: apt-get install strace)")
    log = folder.parent / f"{folder.name}.strace"
    command = ["strace", "-f", "-qq", "-y", "-xx", "-s", "100000000", "-e", f"trace={_CALLS}", "-o", str(log)]
    process = subprocess.run(
        [*command, *(["-e", f"inject={fault}"] if fault else []), sys.executable, "-c", script, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if "PTRACE" in process.stderr or "ptrace" in process.stderr:
        pytest.skip("strace may not trace here")
    assert process.returncode == 0 or fault, process.stderr[-2000:]
    calls = [call for line in _whole_lines(log) if (call := _call(line, str(folder))) is not None]
    log.unlink()
    return calls


def _whole_lines(log: Path) -> Iterator[str]:
    """The lines of the log; calls that another thread interrupted are put together again."""
    begun: dict[str, str] = {}
    with log.open(encoding="ascii", errors="replace") as file:
        for line in file:
            process, _, rest = line.rstrip("\n").partition(" ")
            rest = rest.strip()
            if rest.endswith("<unfinished ...>"):
                begun[process] = rest.removesuffix("<unfinished ...>").rstrip()
            elif _RESUMED.match(rest):
                yield f"{process} {begun.pop(process, '')}{_RESUMED.sub('', rest)}"
            else:
                yield f"{process} {rest}"


def _call(line: str, folder: str) -> Call | None:
    match = _LINE.match(line)
    if match is None or (int(match[4]) < 0 and match[2] not in {"fsync", "fdatasync"}):
        return None
    name, arguments, result = match[2], match[3], int(match[4])
    described = _DESCRIPTOR.match(arguments)
    strings = [_bytes(text) for text in _STRING.findall(arguments)]
    if name in {"write", "pwrite64"}:
        assert described
        if described[1] == "1" and name == "write":
            return Call(name, "stdout", data=strings[0])
        start = int(arguments.rsplit(",", 1)[1]) if name == "pwrite64" else None
        call = Call(name, _text(described[2]), data=strings[0][:result], start=start, descriptor=int(described[1]))
    elif name == "openat":
        if "O_CREAT" not in arguments and "O_TRUNC" not in arguments and "O_WRONLY" not in arguments:
            return None
        flags = arguments.split('"')[2].split(",")[1].strip()
        call = Call(name, strings[0].decode(), descriptor=result, flags=flags)
    elif name in {"fsync", "fdatasync"}:
        assert described
        call = Call("sync" if result == 0 else "failed sync", _text(described[2]))
    elif name == "ftruncate":
        assert described
        call = Call("truncate", _text(described[2]), start=int(arguments.rsplit(",", 1)[1]))
    elif name in {"rename", "renameat", "renameat2"}:
        call = Call("rename", strings[0].decode(), strings[1].decode())
    elif name in {"unlink", "unlinkat", "rmdir"}:
        # A folder that is removed entry by entry names each by the folder's descriptor.
        above = _text(described[2]) + "/" if described and not strings[0].startswith(b"/") else ""
        call = Call("unlink", above + strings[0].decode())
    elif name in {"mkdir", "mkdirat"}:
        call = Call("mkdir", strings[0].decode())
    else:
        call = Call(name, _text(described[2]) if described else (strings[0].decode() if strings else ""))
        if call.path.startswith(folder):
            raise AssertionError(f"{name} on {call.path} is not known to the replay")
    return call if call.path.startswith(folder) or call.other.startswith(folder) else None


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def _text(text: str) -> str:
    return _bytes(text).decode()
