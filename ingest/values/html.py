"""Plain text from HTML."""

import html
import re
from typing import Final

import pandas as pd

_TAG: Final = re.compile(r"<(?:/?[a-zA-Z][^<>]{0,2000}|!--.{0,10000}?--)>", re.DOTALL)
_UNSEEN: Final = re.compile(r"<(script|style)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_BLANKS: Final = re.compile(r"[ \t\xa0]+")
LIKELY: Final = re.compile(
    r"</?(?:p|br|b|i|em|strong|u|ul|ol|li|div|span|h[1-6]|a|table|tr|td|img)\b[^<>]*>|&(?:[a-zA-Z]{2,8}|#\d{2,6});"
)
"""What a text that is written in HTML is likely to hold."""


def without_html(texts: pd.Series) -> pd.Series:
    """The texts (str) without tags and with entities decoded."""
    return texts.map(_plain).astype("str")


def _plain(text: str) -> str:
    if "<" not in text and "&" not in text:
        return text
    bare = _TAG.sub(" ", _UNSEEN.sub(" ", text))
    return _BLANKS.sub(" ", html.unescape(bare)).strip()
