"""Pagination by cursor."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pharos.serving.api.tokens import Key, read_token, token_of
from pharos.serving.api.validation import InvalidRequest

_Row = TypeVar("_Row")


@dataclass(frozen=True)
class Page:
    """A page of a list: at most `limit` rows, after the cursor."""

    limit: int
    cursor: str | None

    def after(self, *types: type) -> list[Any] | None:
        """The key of the last row of the previous page, with values of these types; None for the first page.

        Raises InvalidRequest for a cursor that the list never gave.
        """
        if self.cursor is None:
            return None
        key = read_token(self.cursor, types)
        if key is None:
            raise InvalidRequest("cursor", self.cursor, "next_cursor of a page of this list")
        return key

    def of(self, rows: Sequence[_Row], key: Callable[[_Row], Key]) -> tuple[Sequence[_Row], str | None]:
        """Of one row more than the limit, those of the page, and the cursor of the next one; None for no next one."""
        shown = rows[: self.limit]
        return shown, token_of(key(shown[-1])) if len(rows) > self.limit else None
