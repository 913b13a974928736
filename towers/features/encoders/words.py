"""Encoder of texts as word sequences, for the recurrent layer of the item tower."""

import re
from collections import Counter
from typing import Any, Final, Self

import numpy as np
import pandas as pd

from pharos.ingest.schema import FeatureType
from pharos.towers.features.encoders.base import Encoded, FeatureEncoder
from pharos.towers.features.encoders.sensor import Sensor, SensorKind

_WORD: Final = re.compile(r"\w+")
_LENGTH: Final = 64
_MOST_WORDS: Final = 20_000
# A word of one item only says nothing about any other item.
_MIN_COUNT: Final = 2


class WordsEncoder(FeatureEncoder):
    """The first 64 known words of a text, in lower case, as codes from 1, padded with 0."""

    type = FeatureType.TEXT

    def __init__(self, words: list[str]) -> None:
        """words: distinct, in the order of their codes."""
        self._words = words
        self._codes = {word: code for code, word in enumerate(words, start=1)}

    @classmethod
    def fit(cls, column: pd.Series) -> Self:
        """Learn the vocabulary: the words that occur in most texts, and at least in two."""
        counts = Counter(word for text in column for word in set(_words(text)))
        common = sorted((word for word in counts if counts[word] >= _MIN_COUNT), key=lambda word: (-counts[word], word))
        return cls(common[:_MOST_WORDS])

    def encode(self, column: pd.Series) -> Encoded:
        """Word codes float32 [n, 64]; words outside the vocabulary are left out."""
        out = np.zeros((len(column), self.width), np.float32)
        for row, text in enumerate(column if self.width else ()):
            codes = [self._codes[word] for word in _words(text) if word in self._codes][:_LENGTH]
            out[row, : len(codes)] = codes
        return Encoded(dense=out)

    @property
    def width(self) -> int:
        """The longest sequence that is read."""
        return _LENGTH if self._words else 0

    @property
    def vocabulary_size(self) -> int:
        """0: codes are dense."""
        return 0

    @property
    def sensor(self) -> Sensor | None:
        """The word codes."""
        return Sensor(SensorKind.WORDS, (_LENGTH,), 0, len(self._words)) if self._words else None

    def state(self) -> dict[str, Any]:
        """The vocabulary."""
        return {"words": self._words}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The inverse of `state`."""
        return cls(state["words"])


def _words(text: object) -> list[str]:
    return _WORD.findall(text.lower()) if isinstance(text, str) else []
