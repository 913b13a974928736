"""Writes names and values as TOML."""

import json
import re


def toml_key(name: str) -> str:
    """A key, in quotes where it needs them."""
    return name if re.fullmatch("[A-Za-z0-9_-]+", name) else toml_text(name)


def toml_text(text: str) -> str:
    """A basic string: JSON's, but for the one control character that JSON leaves as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
