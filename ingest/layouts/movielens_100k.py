"""MovieLens 100K as published: u.data, u.item and u.user, in Latin-1, without headers."""

from pathlib import Path
from typing import Final

import numpy as np

from pharos.ingest.assemble import EntityTable, InteractionTable, assemble
from pharos.ingest.dataset import Dataset
from pharos.ingest.layouts.movielens import ITEM_FEATURES, USER_FEATURES, clean_titles
from pharos.ingest.tables.line_table import read_lines

FILES: Final = ("u.data", "u.item", "u.user")
_GENRES: Final = (
    "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama", "Fantasy",
    "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip
_ITEM_COLUMNS: Final = ("item", "title", "release", "video_release", "url", "unknown", *_GENRES)


def read_movielens_100k(folder: Path) -> Dataset:
    """Read u.data, u.item and u.user; the year comes from the title, the zip code is left out."""
    ratings = read_lines(folder / "u.data", ["user", "item", "rating", "timestamp"], "\t", encoding="latin-1")
    movies = clean_titles(read_lines(folder / "u.item", _ITEM_COLUMNS, "|", encoding="latin-1"))
    users = read_lines(folder / "u.user", ["user", "age", "gender", "occupation", "zip"], "|", encoding="latin-1")
    marks = movies.frame[list(_GENRES)].to_numpy() == "1"
    genres = np.array(["|".join(np.compress(row, _GENRES)) for row in marks], dtype=object)
    return assemble(
        folder.resolve().name,
        InteractionTable(ratings, "user", "item", "rating", "timestamp"),
        EntityTable(movies.with_columns(genres=genres), "item", "title", ITEM_FEATURES),
        EntityTable(users, "user", features=USER_FEATURES),
    )
