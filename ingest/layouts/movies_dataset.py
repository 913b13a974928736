"""The Movies Dataset: TMDB's metadata of 45,000 films, their credits and keywords, and MovieLens ratings of them.

Items carry TMDB's ids; the ratings, which carry MovieLens's, are brought to them through the links. Lists stand in
the cells as Python literals; a few rows are shifted, whose id then is no number.
"""

import ast
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from pharos.ingest.assemble import EntityTable, InteractionTable, assemble
from pharos.ingest.dataset import Dataset
from pharos.ingest.errors import DataError
from pharos.ingest.report import Outcome, merged
from pharos.ingest.schema import Feature, FeatureType
from pharos.ingest.tables.csv_table import read_csv
from pharos.ingest.tables.table import Table

FILES: Final = ("movies_metadata.csv",)
_METADATA: Final = (
    "id", "title", "overview", "release_date", "runtime", "original_language", "genres", "belongs_to_collection",
)  # fmt: skip
_FEATURES: Final = (
    Feature("year", FeatureType.NUMBER),
    Feature("runtime", FeatureType.NUMBER),
    Feature("original_language", FeatureType.CATEGORY),
    Feature("collection", FeatureType.CATEGORY),
    Feature("genres", FeatureType.TAGS),
    Feature("overview", FeatureType.TEXT),
)
_CREDITS_FEATURES: Final = (Feature("director", FeatureType.CATEGORY), Feature("cast", FeatureType.TAGS))
_KEYWORDS_FEATURES: Final = (Feature("keywords", FeatureType.TAGS),)
_TOP_BILLED: Final = 10
# The last release in the data set: a later year of two digits is one of the century before.
_LAST_YEAR: Final = 2020


def read_movies_dataset(folder: Path) -> Dataset:
    """Read movies_metadata.csv and, where they are there, credits, keywords and ratings with their links.

    Of ratings.csv and ratings_small.csv the former is read, if both are there; with neither, the data set has items
    and no interactions. Errors: DataError, also for ratings without links.
    """
    items, sides = _read_metadata(folder / FILES[0]), []
    features = list(_FEATURES)
    if (folder / "credits.csv").is_file():
        sides.append(_read_credits(folder / "credits.csv"))
        features += _CREDITS_FEATURES
    if (folder / "keywords.csv").is_file():
        sides.append(_read_keywords(folder / "keywords.csv"))
        features += _KEYWORDS_FEATURES
    for side in sides:
        items = _join(items, side)
    films = EntityTable(items, "id", title="title", features=tuple(features))
    dataset = assemble(folder.resolve().name, _read_ratings(folder), films, None)
    return replace(dataset, report=merged([*(side.report for side in sides), dataset.report]))


def _read_metadata(path: Path) -> Table:
    table = _drop_bad_ids(read_csv(path, _METADATA))
    table = _decode(table, "genres", _names)
    table = _decode(table, "belongs_to_collection", lambda entry: entry["name"])
    return table.with_columns(collection=table.frame["belongs_to_collection"], year=_years(table.frame["release_date"]))


def _read_credits(path: Path) -> Table:
    table = _unique_ids(read_csv(path, ("id", "cast", "crew")))
    table = _decode(_decode(table, "cast", _top_billed), "crew", _director)
    return table.with_columns(director=table.frame["crew"]).without("crew").check()


def _read_keywords(path: Path) -> Table:
    return _decode(_unique_ids(read_csv(path, ("id", "keywords"))), "keywords", _names).check()


def _drop_bad_ids(table: Table) -> Table:
    no_number = ~table.frame["id"].str.fullmatch("[0-9]+").to_numpy(dtype=bool)
    return table.drop(no_number, "id is no number: the row's cells are shifted", "id")


def _unique_ids(table: Table) -> Table:
    table = _drop_bad_ids(table)
    return table.drop(table.frame["id"].duplicated().to_numpy(), "repeated id: the first row is kept", "id")


def _decode(table: Table, column: str, pick: Callable[[Any], object]) -> Table:
    """The table with what `pick` takes from the Python literal of each cell (None: empty or unreadable)."""
    values = np.full(len(table.frame), None, dtype=object)
    bad = np.zeros(len(table.frame), dtype=bool)
    for row, cell in enumerate(table.frame[column]):
        try:
            values[row] = pick(ast.literal_eval(cell)) if cell else None
        except (ValueError, SyntaxError, TypeError, LookupError, AttributeError, MemoryError, RecursionError):
            bad[row] = True
    table = table.note(Outcome.MISSING, bad, f"{column} is no Python literal of the known form", column)
    return table.with_columns(**{column: values})


def _names(entries: Sequence[Any]) -> tuple[str, ...]:
    return tuple(entry["name"] for entry in entries)


def _top_billed(cast: Sequence[Any]) -> tuple[str, ...]:
    return _names(sorted(cast, key=lambda actor: actor["order"])[:_TOP_BILLED])


def _director(crew: Sequence[Any]) -> str | None:
    return next((member["name"] for member in crew if member["job"] == "Director"), None)


def _years(dates: pd.Series) -> pd.Series:
    """The year of "1995-10-30", or of "10/30/95" as a spreadsheet leaves it; as text, empty if none."""
    full = dates.str.extract(r"^(\d{4})-|/(\d{4})$").bfill(axis=1)[0]
    short = pd.to_numeric(dates.str.extract(r"/(\d{2})$", expand=False))
    century = np.where(short + 2000 > _LAST_YEAR, 1900, 2000)
    guessed = (short + century).astype("Int64").astype("str")
    return full.fillna(guessed).fillna("")


def _join(items: Table, side: Table) -> Table:
    """The items with the columns of a table that has at most one row for each id."""
    looked_up = side.frame.set_index("id").reindex(items.frame["id"])
    return items.with_columns(**{str(column): looked_up[column].to_numpy() for column in looked_up})


def _read_ratings(folder: Path) -> InteractionTable | None:
    ratings_file = next((name for name in ("ratings.csv", "ratings_small.csv") if (folder / name).is_file()), None)
    if ratings_file is None:
        return None
    own_links = ratings_file.replace("ratings", "links")
    candidates = dict.fromkeys((own_links, "links.csv", "links_small.csv"))
    links_file = next((name for name in candidates if (folder / name).is_file()), None)
    if links_file is None:
        raise DataError(
            f"{folder}: {ratings_file} names films by MovieLens's ids, and {own_links} with TMDB's is missing"
        )
    ratings = read_csv(folder / ratings_file, ("userId", "movieId", "rating", "timestamp"))
    links = read_csv(folder / links_file, ("movieId", "tmdbId")).frame.drop_duplicates("movieId").set_index("movieId")
    tmdb_ids = ratings.frame["movieId"].map(links["tmdbId"]).fillna("")
    unlinked = (tmdb_ids == "").to_numpy(dtype=bool)
    ratings = ratings.drop(unlinked, f"movieId has no tmdbId in {links_file}", "movieId")
    ratings = ratings.with_columns(tmdbId=tmdb_ids[~unlinked])
    return InteractionTable(ratings, "userId", "tmdbId", "rating", "timestamp")
