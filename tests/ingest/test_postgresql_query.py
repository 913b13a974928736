"""A query to PostgreSQL as a table, where the machine has one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from pharos.ingest.errors import DataError
from pharos.ingest.load import load_dataset
from tests.ingest.folders import write

DECLARATION = """
[interactions]
query = "{query}"
url = "{url}"
user = "customer"
item = "product"
rating = "stars"
timestamp = "bought"
"""
ROWS = 25_000


@pytest.fixture(scope="module")
def url(postgresql_url: str) -> Iterator[str]:
    engine = create_engine(postgresql_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("CREATE SEQUENCE ingest_numbers"))
        connection.execute(
            text("CREATE TABLE ingest_sales (customer bigint, product text, stars numeric(3, 1), bought timestamptz)")
        )
        connection.execute(
            text(
                "INSERT INTO ingest_sales SELECT n, 'ß' || n, 4.5, to_timestamp(1600000000 + n) "
                f"FROM generate_series(0, {ROWS - 1}) AS n"
            )
        )
    yield postgresql_url
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE ingest_sales"))
        connection.execute(text("DROP SEQUENCE ingest_numbers"))
    engine.dispose()


def test_a_query_is_read_in_whole_with_its_types(url: str, tmp_path: Path) -> None:
    query = "SELECT * FROM ingest_sales ORDER BY customer"
    dataset = load_dataset(write(tmp_path, DECLARATION.format(query=query, url=url)))
    assert len(dataset.interactions) == ROWS
    last = dataset.interactions.iloc[-1].tolist()
    assert last == [str(ROWS - 1), f"ß{ROWS - 1}", 4.5, 1_600_000_000 + ROWS - 1]
    assert dataset.report.findings == ()


def test_a_query_that_writes_is_refused_by_the_database(url: str, tmp_path: Path) -> None:
    query = "SELECT nextval('ingest_numbers') AS customer, product, stars, bought FROM ingest_sales"
    with pytest.raises(DataError, match=r"the query failed: cannot execute nextval\(\) in a read-only transaction"):
        load_dataset(write(tmp_path, DECLARATION.format(query=query, url=url)))
