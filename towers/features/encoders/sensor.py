"""Columns that are pictures, series or words: how a layer of the item tower reads them from the dense block."""

from dataclasses import dataclass
from enum import StrEnum
from math import prod


class SensorKind(StrEnum):
    """The layer that reads a block of dense columns; see `pharos.towers.retrieval.sensors`."""

    IMAGE = "image"
    SERIES = "series"
    WORDS = "words"


@dataclass(frozen=True)
class Sensor:
    """Dense columns that hold one array, followed by its mask.

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
        """The count of all its columns, mask included."""
        return prod(self.shape) + self.masks
