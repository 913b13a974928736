"""What an analysis gives: sections of sentences, pictures and tables."""

from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True)
class Picture:
    """A plot. name: of its file, without an ending; caption: what is to be seen; png: the file's content."""

    name: str
    caption: str
    png: bytes


@dataclass(frozen=True)
class Table:
    """A table. name: of its file, without an ending; shown: its rows on the page, all where None."""

    name: str
    caption: str
    frame: pd.DataFrame
    shown: pd.DataFrame | None = None


@dataclass(frozen=True)
class Section:
    """One part of the analysis. remarks: sentences, also those that say why something is missing."""

    title: str
    remarks: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = field(default=())
    tables: tuple[Table, ...] = ()
