"""The result of an analysis: sections of sentences, plots and tables."""

from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True)
class Picture:
    """A plot. name: of its file, without suffix; caption: what it shows; png: the file's content."""

    name: str
    caption: str
    png: bytes


@dataclass(frozen=True)
class Table:
    """A table. name: of its file, without suffix; shown: the number of rows on the page, all where None."""

    name: str
    caption: str
    frame: pd.DataFrame
    shown: pd.DataFrame | None = None


@dataclass(frozen=True)
class Section:
    """One section of the analysis. remarks: sentences, also the reasons why something is missing."""

    title: str
    remarks: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = field(default=())
    tables: tuple[Table, ...] = ()
