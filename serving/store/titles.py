"""Finds items by the words of their titles, as people type them."""

import re
import unicodedata
from typing import Final

from sqlalchemy import Connection, and_, case, func, select

from pharos.indexing.filters import Filter
from pharos.serving.store.filter_sql import matches
from pharos.serving.store.records import TitleMatch
from pharos.serving.store.shown import shown_now
from pharos.serving.store.tables import item_counts, items

_YEAR: Final = re.compile(r"\s*\(\d{4}\)\s*$")
_MOVED_ARTICLE: Final = re.compile(r"^(.*), (the|a|an|le|la|les|l'|el|los|las|il|der|die|das)$", re.IGNORECASE)
_ARTICLES: Final = frozenset({"the", "a", "an"})
_WORD: Final = re.compile(r"[^\W_]+")
_MAX_WORDS: Final = 16


def title_words(text: str) -> list[str]:
    """The words in lower case, without accents, year and English article: "Matrix, The (1999)" gives ["matrix"]."""
    text = _YEAR.sub("", text)
    moved = _MOVED_ARTICLE.match(text)
    if moved:
        text = f"{moved[2]} {moved[1]}"
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    words = _WORD.findall("".join(sign for sign in decomposed if not unicodedata.combining(sign)))
    return words[1:] if len(words) > 1 and words[0] in _ARTICLES else words


def title_key(text: str) -> str:
    """The words with a blank on each side, so that ` word ` finds a whole word and ` wor` a prefix."""
    return f" {' '.join(title_words(text))} "


def find(connection: Connection, text: str, limit: int, filter: Filter | None = None) -> list[TitleMatch]:
    """Available items that pass the filter and whose title has every word of `text`; the last word may be unfinished.

    Exact titles come first, then those that begin with the text, then the rest; each by count of events.
    """
    words = title_words(text)
    if not words or len(words) > _MAX_WORDS:
        return []
    # The words hold letters and digits only, so nothing in them is special to LIKE.
    key = items.c.title_key
    holds = [key.like(f"% {word} %") for word in words[:-1]] + [key.like(f"% {words[-1]}%")]
    exact = case((key == f" {' '.join(words)} ", 1), else_=0)
    leads = case((key.like(f" {' '.join(words)}%"), 1), else_=0)
    count = (
        select(func.coalesce(func.sum(item_counts.c.events), 0))
        .where(item_counts.c.item_id == items.c.id)
        .scalar_subquery()
    )
    query = (
        select(items.c.id, exact, leads)
        .where(shown_now(), and_(*holds), matches(connection.dialect.name, filter or Filter()))
        .order_by(exact.desc(), leads.desc(), count.desc(), items.c.id)
        .limit(limit)
    )
    return [
        TitleMatch(item_id, bool(is_exact), bool(does_lead))
        for item_id, is_exact, does_lead in connection.execute(query)
    ]
