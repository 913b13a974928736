"""`pharos init`: a dataset.toml from the files alone, which then reads them."""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from pharos.cli.main import app
from pharos.ingest.errors import DataError
from pharos.ingest.load import load_dataset
from pharos.ingest.proposal.propose import propose
from tests.ingest.folders import write
from tests.ingest.shop import write_shop


def init(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["init", *map(str, arguments)])


def proposed(folder: Path) -> dict:  # type: ignore[type-arg]
    return tomllib.loads(propose(folder))


def test_a_shop_of_three_files_is_read_with_what_init_wrote(tmp_path: Path) -> None:
    folder = write_shop(tmp_path)
    assert init(folder).exit_code == 0
    dataset = load_dataset(folder)
    assert len(dataset.items) == 80
    assert len(dataset.users) == 60
    assert dataset.report.dropped == 0
    features = {feature.name: feature.type.value for feature in dataset.schema.items}
    assert features == {
        "Beschreibung": "text",
        "Preis": "number",
        "Kategorie": "category",
        "Material": "tags",
        "Lieferbar": "flag",
        "Eingestellt am": "number",
    }
    first = dataset.items.iloc[4]
    assert first[["title", "Preis", "Kategorie"]].tolist() == ['Stuhl "Größe 4"', 1104.5, "Möbel"]
    assert first["Beschreibung"].startswith("Stuhl Nummer 4 aus ")
    assert first["Beschreibung"].endswith("für drinnen und draußen.")
    assert [feature.name for feature in dataset.schema.users] == ["Ort", "Geburtsjahr"]
    assert dataset.schema.has_timestamp


def test_every_line_has_its_reason_and_what_is_left_out_too(tmp_path: Path) -> None:
    text = propose(write_shop(tmp_path))
    assert 'Material = { type = "tags", separator = "," }  # 100 % of 80 values are separated by ,' in text
    assert "#   Bild: addresses of pages or files" in text.replace("# Bild", "#   Bild")
    assert "E-Mail: tells who a person is" in text
    assert "# left out: Bestellnummer, Menge" in text


def test_init_never_touches_the_data(tmp_path: Path) -> None:
    folder = write_shop(tmp_path)
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    init(folder)
    after = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    assert set(after) - set(before) == {"dataset.toml"}
    assert {name: after[name] for name in before} == before


def test_init_writes_over_a_dataset_toml_only_by_force(tmp_path: Path) -> None:
    folder = write_shop(tmp_path)
    (folder / "dataset.toml").write_text("mine", "utf-8")
    refused = init(folder)
    assert isinstance(refused.exception, DataError)
    assert "exists already; --force overwrites it" in str(refused.exception)
    assert (folder / "dataset.toml").read_text("utf-8") == "mine"
    assert init(folder, "--force").exit_code == 0
    assert tomllib.loads((folder / "dataset.toml").read_text("utf-8"))["interactions"]["user"] == "Kundennummer"


def test_a_known_layout_needs_no_dataset_toml(tmp_path: Path) -> None:
    folder = write(tmp_path, ratings__csv=["userId,movieId,rating,timestamp"], movies__csv=["movieId,title,genres"])
    assert "is read without a dataset.toml" in str(init(folder).exception)


def test_a_folder_without_tables_is_named_with_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "notes.doc").write_bytes(b"words")
    with pytest.raises(DataError, match=r"no file with a table\n  notes\.doc: no table"):
        propose(tmp_path)


def test_tables_without_users_and_items_are_named_with_their_columns(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no file has a column of users and one of items(?s:.*)a\.csv: x, y"):
        propose(write(tmp_path, a__csv=["x,y", "1,2"]))


def test_a_file_without_a_header_goes_by_the_numbers_of_its_columns(tmp_path: Path) -> None:
    lines = [f"{n % 9},{n % 7},{n % 5 + 1},{1_600_000_000 + n}" for n in range(100)]
    text = propose(write(tmp_path, events__csv=lines))
    found = tomllib.loads(text)["interactions"]
    assert found == {"file": "events.csv", "header": False, "user": 1, "item": 2, "rating": 3, "timestamp": 4}
    assert "is a guess by their order" in text
    init(tmp_path)
    assert len(load_dataset(tmp_path).interactions) == 63


LINES = [f"u{n % 9},i{n % 7},{n % 5 + 1},{1_600_000_000 + n}" for n in range(100)]
NAMES = {
    "plain names": "user_id,item_id,rating,timestamp",
    "names in one": "userId,movieId,rating,timestamp",
    "names of a shop": "customer_id,product_id,stars,created_at",
    "names in German": "Kundennummer,Artikelnr,Bewertung,Datum",
    "names in French": "utilisateur,produit,note,date",
    "names in Spanish": "usuario,producto,puntuacion,fecha",
    "names of reviews": "reviewerID,asin,overall,unixReviewTime",
    "names of papers": "reader,paper,stars,read_at",
    "names of publications": "researcher_id,publication_id,grade,date",
    "identifiers of papers": "member,doi,score,timestamp",
}


@pytest.mark.parametrize("header", NAMES.values(), ids=NAMES.keys())
def test_columns_are_told_by_their_names(tmp_path: Path, header: str) -> None:
    found = proposed(write(tmp_path, export__csv=[header, *LINES]))["interactions"]
    keys = ("user", "item", "rating", "timestamp")
    assert [found[key] for key in keys] == header.split(",")


def test_columns_are_told_by_what_other_files_have(tmp_path: Path) -> None:
    found = proposed(
        write(
            tmp_path,
            log__csv=["who_id,what_id,when", *(f"p{n % 9},q{n % 7},2024-01-{n % 28 + 1:02d}" for n in range(60))],
            products__csv=["id,name", *(f"q{n},Thing {n}" for n in range(7))],
            customers__csv=["id,city", *(f"p{n},Town" for n in range(9))],
        )
    )
    assert [found["interactions"][key] for key in ("user", "item", "timestamp")] == ["who_id", "what_id", "when"]
    assert found["items"] == {"file": "products.csv", "id": "id", "title": "name"}
    assert found["users"] == {"file": "customers.csv", "id": "id"}


def test_a_set_of_papers_is_read_with_what_init_wrote(tmp_path: Path) -> None:
    columns = "doi,title,abstract,authors,venue,year,keywords,pdf"
    papers = [
        f"10.1145/{n}.{n + 7},A study of the thing number {n},"
        f"We study in depth how the thing number {n} behaves and what follows from it for all others.,"
        f"Li A.; Person {n} B.,{('KDD', 'SIGIR', 'RecSys')[n % 3]},{1990 + n % 30},link prediction;word {n},"
        f"https://papers.example/{n}.pdf"
        for n in range(40)
    ]
    events = [f"r{n % 9},10.1145/{n % 40}.{n % 40 + 7},2024-01-{n % 28 + 1:02d}" for n in range(200)]
    folder = write(tmp_path, papers__csv=[columns, *papers], reads__csv=["reader,doi,read_at", *events])
    text = propose(folder)
    found = tomllib.loads(text)
    assert [found["interactions"][key] for key in ("user", "item", "timestamp")] == ["reader", "doi", "read_at"]
    semicolon = {"type": "tags", "separator": ";"}
    assert found["items"] == {
        "file": "papers.csv",
        "id": "doi",
        "title": "title",
        "features": {
            "abstract": "text", "authors": semicolon, "venue": "category", "year": "number", "keywords": semicolon
        },
    }  # fmt: skip
    assert "pdf: addresses of pages or files" in text
    init(folder)
    assert load_dataset(folder).report.dropped == 0


@pytest.mark.parametrize("separator", ["; ", ", ", " and ", "|"])
def test_authors_are_tags_though_most_of_them_wrote_one_paper(tmp_path: Path, separator: str) -> None:
    authors = [separator.join([f"Ada{n} Li{n}", f"Bo{n} Chen{n}"]) for n in range(60)]
    folder = write(
        tmp_path,
        reads__csv=["reader,paper", *(f"r{n % 5},p{n}" for n in range(60))],
        papers__csv=["paper,title,authors", *(f'p{n},Title {n},"{names}"' for n, names in enumerate(authors))],
    )
    assert init(folder).exit_code == 0
    assert load_dataset(folder).items["authors"].iloc[3] == ("Ada3 Li3", "Bo3 Chen3")


def test_dois_beside_another_id_are_left_out(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        reads__csv=["reader,paper", *(f"r{n % 5},p{n % 20}" for n in range(60))],
        papers__csv=["paper,title,link", *(f"p{n},Title {n},https://doi.org/10.1145/{n}.{n}" for n in range(20))],
    )
    assert "features" not in proposed(folder)["items"]
    assert "link: an id: DOIs of publications" in propose(folder)


def test_types_of_events_get_weights(tmp_path: Path) -> None:
    lines = [f"u{n % 9},i{n % 7},{('view', 'cart', 'purchase', 'odd')[n % 4]}" for n in range(100)]
    found = proposed(write(tmp_path, events__csv=["visitorid,itemid,event", *lines]))["interactions"]
    assert found["type"] == "event"
    assert found["weights"] == {"view": 1, "cart": 3, "purchase": 5, "odd": 1}


def test_answers_go_before_guesses(tmp_path: Path) -> None:
    asked = []

    def choose(question: str, options: Sequence[str], guess: str | None, *, optional: bool = False) -> str | None:
        asked.append(question)
        return {"Which column holds the user?": "b", "Which column holds the item?": "a"}.get(question, guess)

    folder = write(tmp_path, x__csv=["a,b,rating", *(f"{n % 9},{n % 7},{n % 3}" for n in range(60))])
    found = tomllib.loads(propose(folder, choose))["interactions"]
    assert (found["user"], found["item"], found["rating"]) == ("b", "a", "rating")
    assert asked[:3] == [
        "Which file holds who chose what?",
        "Which column holds the user?",
        "Which column holds the item?",
    ]


def test_ids_that_differ_in_form_are_mended_by_a_line(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        events__csv=["user,item", *(f"u{n % 9},{n % 7}.0" for n in range(60))],
        items__csv=["id,name", *(f"{n},Thing {n}" for n in range(7))],
    )
    assert proposed(folder)["ids"] == "number"
    init(folder)
    assert load_dataset(folder).report.dropped == 0


def test_days_that_may_be_months_are_a_guess_that_is_said(tmp_path: Path) -> None:
    lines = [f"u{n % 9},i{n},{n % 12 + 1:02d}/{n % 11 + 1:02d}/2020" for n in range(60)]
    folder = write(tmp_path, events__csv=["user,item,date", *lines])
    assert 'timestamp_format = "%d/%m/%Y"  # day or month first is a guess: set it' in propose(folder)
    init(folder)
    assert load_dataset(folder).schema.has_timestamp


KINDS = {
    "text": ["A long sentence of many words stands here", "And another one that is as long as the first"] * 10,
    "number": ["1.5", "2", ""] * 7,
    "flag": ["yes", "no"] * 10,
    "category": ["red", "blue", "green"] * 7,
    "tags": ["a|b", "b|c", "a|c|d"] * 7,
    "vector": ["[1, 2, 3, 4]", "[0.5, 1, 1, 1]"] * 10,
    "date": ["2020-01-01", "2021-06-30"] * 10,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["csv", "parquet", "jsonl"])
def test_the_type_of_a_feature_is_told_by_its_values(tmp_path: Path, kind: str, form: str) -> None:
    ids = [f"i{n}" for n in range(len(KINDS[kind]))]
    write(tmp_path, events__csv=["user,item", *(f"u{n % 4},{an_id}" for n, an_id in enumerate(ids))])
    table = pa.table({"item_id": ids, "x": KINDS[kind]})
    if form == "parquet":
        pq.write_table(table, tmp_path / "items.parquet")
    elif form == "jsonl":
        (tmp_path / "items.jsonl").write_text("\n".join(map(json.dumps, table.to_pylist())), "utf-8")
    else:
        table.to_pandas().to_csv(tmp_path / "items.csv", index=False)
    found = proposed(tmp_path)["items"]["features"]["x"]
    assert (found if isinstance(found, str) else found["type"]) == kind
    init(tmp_path)
    assert not [line for line in load_dataset(tmp_path).report.lines() if "missing" in line]


USELESS = {
    "a constant": ["x"] * 20,
    "nothing": [""] * 20,
    "addresses of pictures": [f"https://shop.example/{n}.jpg" for n in range(20)],
    "other ids": [f"LG-{n:06d}" for n in range(20)],
}


@pytest.mark.parametrize("values", USELESS.values(), ids=USELESS.keys())
def test_what_says_nothing_is_left_out(tmp_path: Path, values: list[str]) -> None:
    folder = write(
        tmp_path,
        events__csv=["user,item", *(f"u{n % 4},i{n}" for n in range(20))],
        items__csv=["item_id,lager", *(f"i{n},{value}" for n, value in enumerate(values))],
    )
    assert "features" not in proposed(folder)["items"]
    assert "lager: " in propose(folder)


@pytest.mark.slow
def test_a_shop_goes_from_its_files_to_recommendations_without_a_line_by_hand(tmp_path: Path) -> None:
    folder = write_shop(tmp_path / "shop")
    for arguments in (
        ["init", str(folder)],
        ["check", str(folder)],
        ["train", str(folder), "--epochs", "1"],
        ["import", str(folder)],
        ["index"],
        ["recommend", "--user", "00007", "-k", "5", "--json"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "pharos", *arguments],
            env={**os.environ, "PHAROS_DATA_DIR": str(tmp_path / "data")},
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    items = json.loads(done.stdout)["items"]
    assert len(items) == 5
    assert all(item["title"].startswith('Stuhl "Größe') for item in items)
