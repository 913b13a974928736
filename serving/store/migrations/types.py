"""Column types that differ between databases."""

from typing import Final

from sqlalchemy import JSON, BigInteger, Integer, String
from sqlalchemy.dialects.postgresql import JSONB

# By bytes, and not as a language sorts, so that every database gives the same order.
ID: Final = String(512).with_variant(String(512, collation="C"), "postgresql")
# SQLite numbers rows by itself only where the key is exactly INTEGER.
SERIAL: Final = BigInteger().with_variant(Integer(), "sqlite")
JSON_VALUE: Final = JSON().with_variant(JSONB(), "postgresql")
