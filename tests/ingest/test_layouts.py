"""The editions of MovieLens are read as their publishers leave them."""

from pathlib import Path

import numpy as np
import pytest

from pharos.ingest.errors import DataError
from pharos.ingest.load import load_dataset
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


TITLES = {
    "Matrix, The (1999)": ("The Matrix", 1999),
    "Misérables, Les (1995)": ("Les Misérables", 1995),
    "City of Lost Children, The (Cité des enfants perdus, La) (1995)": (
        "The City of Lost Children (La Cité des enfants perdus)", 1995,
    ),
    "Series (1993-1995)": ("Series", 1993),
    "Running (2005\u2013)": ("Running", 2005),
    "2001: A Space Odyssey (1968) ": ("2001: A Space Odyssey", 1968),
    "Babylon 5": ("Babylon 5", None),
    "Seven (a.k.a. Se7en) (1995)": ("Seven (a.k.a. Se7en)", 1995),
    "Me, Myself & Irene (2000)": ("Me, Myself & Irene", 2000),
}  # fmt: skip


@pytest.mark.parametrize(("written", "title", "year"), [(key, *value) for key, value in TITLES.items()])
def test_a_title_has_its_article_in_front_and_its_year_apart(
    tmp_path: Path, written: str, title: str, year: int | None
) -> None:
    folder = write(
        tmp_path,
        ratings__csv=["userId,movieId,rating,timestamp", "1,10,4.5,1000"],
        movies__csv=["movieId,title,genres", f'10,"{written}",Drama'],
    )
    (film,) = load_dataset(folder).items.to_dict("records")
    assert film["title"] == title
    assert film["year"] == year if year else np.isnan(film["year"])


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


def test_a_line_of_too_many_cells_is_named_in_layouts_without_quotes_too(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        ratings__dat=["1::10::5::1000", *[f"{user}::10::5::1000" for user in range(2, 40)], "1::2::3"],
        movies__dat=["10::Film (1990)::Drama"],
        users__dat=["1::F::18::10::48067"],
    )
    lines = load_dataset(folder).report.lines()
    assert any(line == "ratings.dat: 1 dropped: not 4 cells, one for each column (ratings.dat:40)" for line in lines)


def test_the_installed_sample_is_movielens_100k() -> None:
    dataset = load_dataset("ml-100k")
    assert len(dataset.interactions) == 100_000
    assert len(dataset.users) == 943
    assert dataset.items.set_index("item_id").loc["50", "title"] == "Star Wars"


def test_files_that_only_are_called_as_those_of_a_layout_are_told_so(tmp_path: Path) -> None:
    folder = write(tmp_path, ratings__csv=["who,what", "1,10"], books__csv=["what,name", "10,Book"])
    with pytest.raises(DataError, match=r"no column 'user_id'(?s:.*)was taken for Goodbooks-10k.*pharos init --force"):
        load_dataset(folder)
