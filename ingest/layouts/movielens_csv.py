"""MovieLens as CSV: ml-latest, ml-latest-small, ml-25m, ml-32m."""

from pathlib import Path
from typing import Final

from pharos.ingest.assemble import EntityTable, InteractionTable, assemble
from pharos.ingest.dataset import Dataset
from pharos.ingest.layouts.movielens import ITEM_FEATURES, clean_titles
from pharos.ingest.tables.csv_table import read_csv

FILES: Final = ("ratings.csv", "movies.csv")
_NO_GENRES: Final = "(no genres listed)"


def read_movielens_csv(folder: Path) -> Dataset:
    """Read ratings.csv and movies.csv; the year comes from the title. Tags and links are left out."""
    ratings = read_csv(folder / "ratings.csv", ["userId", "movieId", "rating", "timestamp"])
    movies = clean_titles(read_csv(folder / "movies.csv", ["movieId", "title", "genres"]))
    movies = movies.with_columns(genres=movies.frame["genres"].replace(_NO_GENRES, ""))
    return assemble(
        folder.resolve().name,
        InteractionTable(ratings, "userId", "movieId", "rating", "timestamp"),
        EntityTable(movies, "movieId", "title", ITEM_FEATURES),
        None,
    )
