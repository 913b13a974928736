"""MovieLens 1M: .dat files with cells separated by double colons, in Latin-1."""

from pathlib import Path
from typing import Final

from pharos.ingest.assemble import EntityTable, InteractionTable, assemble
from pharos.ingest.dataset import Dataset
from pharos.ingest.layouts.movielens import ITEM_FEATURES, USER_FEATURES, clean_titles
from pharos.ingest.tables.line_table import read_lines
from pharos.ingest.tables.table import Table

FILES: Final = ("ratings.dat", "movies.dat", "users.dat")


def read_movielens_1m(folder: Path) -> Dataset:
    """Read ratings.dat, movies.dat and users.dat; the zip code is left out.

    The publishers give an age as the lower end of its bracket (18 is 18 to 24) and an occupation as a code.
    """
    ratings = _read(folder / "ratings.dat", ["user", "item", "rating", "timestamp"])
    movies = clean_titles(_read(folder / "movies.dat", ["item", "title", "genres"]))
    users = _read(folder / "users.dat", ["user", "gender", "age", "occupation", "zip"])
    return assemble(
        folder.resolve().name,
        InteractionTable(ratings, "user", "item", "rating", "timestamp"),
        EntityTable(movies, "item", "title", ITEM_FEATURES),
        EntityTable(users, "user", features=USER_FEATURES),
    )


def _read(path: Path, columns: list[str]) -> Table:
    return read_lines(path, columns, "::", encoding="latin-1")
