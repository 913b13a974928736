"""The limit on records in one request."""

from collections.abc import Sized

from pharos.serving.errors import InvalidRecord


def require_count(records: Sized, most: int) -> None:
    """Raise InvalidRecord unless there are 1 to `most` records."""
    if not 1 <= len(records) <= most:
        raise InvalidRecord("body", f"{len(records)} records", f"1 to {most} records")
