"""Flags, by the usual words."""

from typing import Final

_TRUE: Final = (
    "1", "1.0", "true", "t", "yes", "y", "on",
    "wahr", "ja", "j", "oui", "vrai", "si", "sí", "sì", "sim", "tak", "да", "是",
)  # fmt: skip
_FALSE: Final = (
    "0", "0.0", "false", "f", "no", "n", "off",
    "falsch", "nein", "non", "faux", "não", "nao", "nie", "нет", "否",
)  # fmt: skip

FLAGS: Final = {**dict.fromkeys(_TRUE, 1.0), **dict.fromkeys(_FALSE, 0.0)}
"""The words, in lower case, and what they mean."""
