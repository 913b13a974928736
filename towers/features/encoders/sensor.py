"""Columns that are pictures or series: what a layer of the item tower has to know to read them from the dense block."""

from dataclasses import dataclass
from enum import StrEnum
from math import prod


class SensorKind(StrEnum):
    """What reads a block of dense columns, in `pharos.towers.retrieval.sensors`."""

    IMAGE = "image"
    SERIES = "series"
    WORDS = "words"


@dataclass(frozen=True)
class Sensor:
    """Dense columns that are one array and a mask after it.

    shape: of the array, (side, side, 3) or (steps, values). masks: count of the mask's columns, 1 where there is
    something: one for a picture, one for each step of a series, none for words. words: the count
    of codes of words, beside 0, which stands for no word.
    """

    kind: SensorKind
    shape: tuple[int, ...]
    masks: int
    words: int = 0

    @property
    def width(self) -> int:
        """Count of all its columns."""
        return prod(self.shape) + self.masks
