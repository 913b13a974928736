"""Reads a data set of any layout."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pharos.ingest.dataset import Dataset
from pharos.ingest.declaration import DECLARATION, read_declared
from pharos.ingest.errors import DataError
from pharos.ingest.layouts import (
    amazon,
    mind,
    movielens_1m,
    movielens_100k,
    movielens_csv,
    movies_dataset,
    online_retail,
    published,
    recbole,
    retailrocket,
    sample,
)
from pharos.ingest.layouts.published import by_declaration
from pharos.ingest.progress import Progress
from pharos.ingest.tables.watching import watched


@dataclass(frozen=True)
class _Layout:
    """A known layout: recognised by the files of a folder, each a name or a pattern."""

    name: str
    files: tuple[str, ...]
    read: Callable[[Path], Dataset]
    found: Callable[[Path], object] | None = None

    def fits(self, folder: Path) -> bool:
        """Whether the folder has this layout."""
        if self.found is not None:
            return bool(self.found(folder))
        return all(any(path.is_file() for path in folder.glob(pattern)) for pattern in self.files)


_LAYOUTS: Final = (
    _Layout("dataset folder", (DECLARATION,), read_declared),
    _Layout("The Movies Dataset", movies_dataset.FILES, movies_dataset.read_movies_dataset),
    _Layout("MovieLens latest, 25M, 32M", movielens_csv.FILES, movielens_csv.read_movielens_csv),
    _Layout("MovieLens 1M", movielens_1m.FILES, movielens_1m.read_movielens_1m),
    _Layout("MovieLens 100K", movielens_100k.FILES, movielens_100k.read_movielens_100k),
    _Layout("Goodbooks-10k", ("ratings.csv", "books.csv"), by_declaration(published.GOODBOOKS)),
    _Layout(
        "Book-Crossing",
        ("BX-Book-Ratings.csv", "BX-Books.csv", "BX-Users.csv"),
        by_declaration(published.BOOK_CROSSING),
    ),
    _Layout(
        "Last.fm 360K",
        ("usersha1-artmbid-artname-plays.tsv", "usersha1-profile.tsv"),
        by_declaration(published.LASTFM_360K),
    ),
    _Layout("Last.fm (HetRec 2011)", ("user_artists.dat", "artists.dat"), by_declaration(published.LASTFM_HETREC)),
    _Layout("Steam-200k", ("steam-200k.csv",), by_declaration(published.STEAM_200K)),
    _Layout(
        "Yelp",
        ("yelp_academic_dataset_review.json", "yelp_academic_dataset_business.json"),
        by_declaration(published.YELP),
    ),
    _Layout("H&M", ("transactions_train.csv", "articles.csv", "customers.csv"), by_declaration(published.HM)),
    _Layout("RetailRocket", retailrocket.FILES, retailrocket.read_retailrocket),
    _Layout("MIND", mind.FILES, mind.read_mind),
    _Layout("Online Retail", online_retail.FILES, online_retail.read_online_retail, online_retail.find_file),
    _Layout("Amazon reviews", ("NAME.jsonl", "meta_NAME.jsonl"), amazon.read_amazon, amazon.find_files),
    _Layout("RecBole's atomic files", ("*.inter",), recbole.read_recbole),
)


def known_layout(folder: Path) -> str | None:
    """The name of the folder's layout; None if unknown, or if it has a dataset.toml."""
    for layout in _LAYOUTS:
        if layout.fits(folder):
            return None if layout.read is read_declared else layout.name
    return None


def load_dataset(source: str | Path, *, strict: bool = True, progress: Progress | None = None) -> Dataset:
    """Read a folder with a dataset.toml, a folder of a known layout, or the installed sample by its name.

    strict: with it off, a folder with a dataset.toml is read however many bad rows it has; why it would be refused
    stands in the report's faults.
    progress: shows how far the reading of large files is.
    Errors: DataError, with a message for people, for whatever is wrong with the files.
    """
    folder = Path(source)
    if str(source) == sample.NAME and not folder.is_dir():
        return sample.read_sample()
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; give a dataset folder, or {sample.NAME!r} for the installed sample")
    for layout in _LAYOUTS:
        if layout.fits(folder):
            with watched(progress):
                return _read(layout, folder, strict=strict)
    known = "".join(f"\n  {layout.name}: {', '.join(layout.files)}" for layout in _LAYOUTS)
    raise DataError(
        f"{folder}: no known layout; `pharos init {folder}` writes a dataset.toml for the files that are there, "
        f"or a folder must hold the files of one of these:{known}"
    )


def _read(layout: _Layout, folder: Path, *, strict: bool) -> Dataset:
    if layout.read is read_declared:
        return read_declared(folder, strict=strict)
    try:
        return layout.read(folder)
    except DataError as error:
        raise DataError(
            f"{error}\n{folder} was taken for {layout.name}, by the names of its files; "
            f"if it is none, `pharos init --force {folder}` writes a dataset.toml for it"
        ) from error
