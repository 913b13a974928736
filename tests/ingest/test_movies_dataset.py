"""The Movies Dataset is read as its publisher leaves it."""

from pathlib import Path

import numpy as np
import pytest

from pharos.ingest.errors import DataError
from pharos.ingest.load import load_dataset
from tests.ingest.folders import write

METADATA = "genres,id,original_language,overview,release_date,runtime,title,belongs_to_collection"
RATINGS = ["userId,movieId,rating,timestamp", "7,1,4.0,1000", "7,2,3.0,2000"]


def films(*dates: str) -> list[str]:
    """Lines of The Movies Dataset's metadata: films 100, 101, … of these release dates."""
    return [METADATA, *(f"[],{100 + number},en,Text,{date},90,Film," for number, date in enumerate(dates))]


def test_the_movies_dataset_with_its_python_lists_and_shifted_rows(tmp_path: Path) -> None:
    header = "adult,belongs_to_collection,genres,id,original_language,overview,release_date,runtime,title"
    film = (
        "False,\"{'id': 1, 'name': 'Toy Story Collection'}\",\"[{'id': 16, 'name': 'Animation'}]\",862,en,"
        '"Woody\'s toys.",1995-10-30,81.0,Toy Story'
    )
    more = [f"False,,\"[{{'id': 18, 'name': 'Drama'}}]\",{n},en,Text,1990-01-01,90,Film {n}" for n in range(1000, 1040)]
    shifted = "False,,[],1997-08-20,en,Text,1,90,Shifted"
    folder = write(
        tmp_path,
        movies_metadata__csv=[header, film, *more, shifted],
        credits__csv=[
            "cast,crew,id",
            "\"[{'name': 'Tim Allen', 'order': 1}, {'name': 'Tom Hanks', 'order': 0}]\","
            "\"[{'job': 'Director', 'name': 'John Lasseter'}]\",862",
        ],
        keywords__csv=["id,keywords", "862,\"[{'id': 931, 'name': 'jealousy'}]\""],
        links__csv=["movieId,imdbId,tmdbId", "1,0114709,862"],
        ratings__csv=["userId,movieId,rating,timestamp", "7,1,4.0,1000"],
    )
    dataset = load_dataset(folder)
    toy_story = dataset.items.set_index("item_id").loc["862"]
    assert toy_story["title"] == "Toy Story"
    assert toy_story["year"] == 1995
    assert toy_story["collection"] == "Toy Story Collection"
    assert toy_story["genres"] == ("Animation",)
    assert toy_story["cast"] == ("Tom Hanks", "Tim Allen")
    assert toy_story["director"] == "John Lasseter"
    assert toy_story["keywords"] == ("jealousy",)
    assert dataset.interactions.iloc[0][["user_id", "item_id"]].tolist() == ["7", "862"]
    assert any("movies_metadata.csv:43" in line and "shifted" in line for line in dataset.report.lines())


def test_the_movies_dataset_with_its_years_as_a_spreadsheet_leaves_them(tmp_path: Path) -> None:
    lines = films("1995-10-30", "10/30/95", "1/2/12", "1/2/2012", "", "soon")
    years = load_dataset(write(tmp_path, movies_metadata__csv=lines)).items["year"].tolist()
    assert years[:4] == [1995, 1995, 2012, 2012]
    assert np.isnan(years[4:]).all()


def test_the_movies_dataset_without_ratings_is_a_catalogue(tmp_path: Path) -> None:
    lines = films("1995-10-30")
    dataset = load_dataset(write(tmp_path, movies_metadata__csv=lines))
    assert dataset.interactions.empty
    assert [feature.name for feature in dataset.schema.items if feature.name in ("cast", "keywords")] == []


def test_a_literal_that_is_none_is_missing_and_named(tmp_path: Path) -> None:
    good = films(*["1995-10-30"] * 40)
    bad = ["\"__import__('os').abort()\",200,en,Text,1995-10-30,90,Film,", "5,201,en,Text,1995-10-30,90,Film,"]
    dataset = load_dataset(write(tmp_path, movies_metadata__csv=[*good, *bad]))
    assert dataset.items["genres"].tolist() == [()] * 42
    (line,) = (line for line in dataset.report.lines() if "genres is no Python literal" in line)
    assert "2 read as missing" in line
    assert "movies_metadata.csv:42" in line


def test_the_small_ratings_go_with_the_small_links(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        movies_metadata__csv=films("1995-10-30", "1995-10-30"),
        ratings_small__csv=RATINGS,
        links_small__csv=["movieId,imdbId,tmdbId", "1,5,100", "2,6,101"],
        links__csv=["movieId,imdbId,tmdbId", "1,5,101", "2,6,100"],
    )
    assert load_dataset(folder).interactions["item_id"].tolist() == ["100", "101"]


def test_ratings_without_links_are_an_error_that_names_the_missing_file(tmp_path: Path) -> None:
    metadata = films("1995-10-30")
    with pytest.raises(DataError, match=r"ratings\.csv names films by MovieLens's ids, and links\.csv .* is missing"):
        load_dataset(write(tmp_path, movies_metadata__csv=metadata, ratings__csv=RATINGS))


def test_a_rating_of_a_film_without_a_link_is_dropped_and_named(tmp_path: Path) -> None:
    many = [f"8,1,4.0,{time}" for time in range(40)]
    folder = write(
        tmp_path,
        movies_metadata__csv=films("1995-10-30"),
        ratings__csv=[*RATINGS, *many],
        links__csv=["movieId,imdbId,tmdbId", "1,5,100", "2,6,"],
    )
    dataset = load_dataset(folder)
    assert dataset.interactions["item_id"].unique().tolist() == ["100"]
    assert any("movieId has no tmdbId in links.csv (ratings.csv:3 '2')" in line for line in dataset.report.lines())
