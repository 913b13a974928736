"""A server that is reached over TLS, and known by a certificate of one's own."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from pharos.indexing.errors import IndexUnavailable
from pharos.indexing.index import TOWER, CollectionSpec, Point
from pharos.indexing.server import QdrantServer
from tests.qdrant_process import QdrantProcess

KEY = "a-key-for-tests"


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that is signed by itself, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes the certificate, is not installed")
    files = folder / "cert.pem", folder / "key.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    new = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run([*new, "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
    return files


@pytest.fixture(scope="module")
def certified(qdrant_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a server that speaks TLS and wants a key, and the certificate to know it by."""
    files = certificate(tmp_path_factory.mktemp("tls"))
    process = QdrantProcess(qdrant_binary, api_key=KEY, tls=files)
    try:
        process.start()
        yield process.url, files[0]
    finally:
        process.remove()


def test_a_server_with_a_certificate_of_ones_own_is_read_and_written(certified: tuple[str, Path]) -> None:
    url, authority = certified
    with closing(QdrantServer(url, KEY, ca_file=authority)) as index:
        index.create("safe", CollectionSpec({TOWER: 2}, {}, "bundle"))
        index.upsert("safe", [Point("a", {TOWER: np.array([1, 0], np.float32)}, {})])
        assert [hit.item_id for hit in index.search("safe", np.array([1, 0], np.float32), limit=1)] == ["a"]


def test_a_server_whose_certificate_nobody_known_has_signed_is_not_trusted(certified: tuple[str, Path]) -> None:
    with closing(QdrantServer(certified[0], KEY)) as index, pytest.raises(IndexUnavailable, match=r"(?i)certificate"):
        index.ready()
