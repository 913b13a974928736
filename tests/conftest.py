"""What tests of several packages need."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgresql import PostgresqlMissing, PostgresqlProcess
from tests.qdrant_binary import QdrantMissing, fetch
from tests.qdrant_process import QdrantProcess


@pytest.fixture(scope="session")
def qdrant_binary() -> Path:
    """The real Qdrant server; a person may do without, continuous integration may not."""
    try:
        return fetch()
    except QdrantMissing as reason:
        if os.environ.get("CI") == "true":
            pytest.fail(str(reason))
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def qdrant_url(qdrant_binary: Path) -> Iterator[str]:
    """The address of a running server, shared by the tests: use names of your own and remove what you made."""
    server = QdrantProcess(qdrant_binary)
    try:
        server.start()
        yield server.url
    finally:
        server.remove()


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """The address of a running PostgreSQL, shared by the tests; a person may do without, continuous integration not."""
    try:
        server = PostgresqlProcess()
    except PostgresqlMissing as reason:
        if os.environ.get("CI") == "true":
            pytest.fail(str(reason))
        pytest.skip(str(reason))
    try:
        server.start()
        yield server.url
    finally:
        server.remove()
