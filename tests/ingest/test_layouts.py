"""The known layouts are read as their publishers leave them."""

from pathlib import Path

import numpy as np

from ingest.load import load_dataset
from tests.ingest.folders import write


def test_movielens_as_csv(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        ratings__csv=["userId,movieId,rating,timestamp", "1,10,4.5,1000", "2,20,3.0,2000"],
        movies__csv=[
            "movieId,title,genres",
            '10,"Matrix, The (1999)",Action|Sci-Fi',
            "20,Babylon 5,(no genres listed)",
        ],
    )
    dataset = load_dataset(folder)
    assert dataset.items["title"].tolist() == ["The Matrix", "Babylon 5"]
    assert dataset.items["year"].iloc[0] == 1999
    assert np.isnan(dataset.items["year"].iloc[1])
    assert dataset.items["genres"].tolist() == [("Action", "Sci-Fi"), ()]
    assert dataset.interactions["rating"].tolist() == [4.5, 3.0]


def test_movielens_1m(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        ratings__dat=["1::10::5::1000", "2::10::4::2000"],
        movies__dat="10::Misérables, Les (1995)::Drama|Musical\n".encode("latin-1"),
        users__dat=["1::F::18::10::48067", "2::M::56::16::70072"],
    )
    dataset = load_dataset(folder)
    assert dataset.items.iloc[0][["title", "year"]].tolist() == ["Les Misérables", 1995]
    assert dataset.users[["gender", "age", "occupation"]].to_numpy().tolist() == [["F", 18, "10"], ["M", 56, "16"]]


def test_movielens_100k_as_published(tmp_path: Path) -> None:
    marks = ["0"] * 19
    marks[5] = marks[8] = "1"  # Comedy, Drama
    folder = write(
        tmp_path,
        u__data=["1\t10\t5\t1000"],
        u__item=["|".join(["10", "Toy Story (1995)", "01-Jan-1995", "", "url", *marks])],
        u__user=["1|24|M|technician|85711"],
    )
    dataset = load_dataset(folder)
    assert dataset.items.iloc[0][["title", "year", "genres"]].tolist() == ["Toy Story", 1995, ("Comedy", "Drama")]
    assert dataset.users.iloc[0][["age", "gender", "occupation"]].tolist() == [24, "M", "technician"]


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


def test_the_installed_sample_is_movielens_100k() -> None:
    dataset = load_dataset("ml-100k")
    assert len(dataset.interactions) == 100_000
    assert len(dataset.users) == 943
    assert dataset.items.set_index("item_id").loc["50", "title"] == "Star Wars"
