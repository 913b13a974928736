"""Own re-ranking steps, peers and encoders."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import pharos
from pharos.classics.base import Capabilities, Classic
from pharos.classics.data import RankingData
from pharos.classics.scorers import Factors
from pharos.evaluation.errors import EvaluationError
from pharos.evaluation.peers import own as own_peers
from pharos.ingest.export import export_dataset
from pharos.ingest.load import load_dataset
from pharos.towers.features.encoders import own as own_encoders
from pharos.towers.features.encoders.base import FeatureEncoder
from pharos.towers.features.encoders.number import NumberEncoder
from pharos.towers.features.encoders.own import UnknownEncoder
from tests.python_api.registrations import registrations_put_back
from tests.serving import world

ITEMS = world.items()
EVENTS = world.interactions()


class Oldest:
    """The oldest of the candidates first, those without a year left out."""

    name = "oldest"
    needs = frozenset({"year"})

    def __call__(self, candidates: pd.DataFrame) -> pd.DataFrame:
        return candidates.dropna(subset="year").sort_values("year", kind="stable")


@dataclass(frozen=True)
class ByTitle(Classic):
    """Likes items in the order of the catalogue."""

    name = "by title"
    needs = frozenset()
    can = Capabilities(new_items=True)

    @classmethod
    def grid(cls):
        return (cls(),)

    def fit(self, data: RankingData) -> Factors:
        users, items = data.matrix.shape
        return Factors(np.ones((users, 1), np.float32), -np.arange(items, dtype=np.float32)[:, None])


class Halved(NumberEncoder):
    """Half a number, which scales to the same."""

    name = "halved"

    def encode(self, column: pd.Series):
        return super().encode(column / 2)


@pytest.fixture(scope="module", autouse=True)
def own() -> Iterator[None]:
    """The three classes above, registered for the tests of this file."""
    with registrations_put_back():
        for kind in (Oldest, ByTitle, Halved):
            pharos.register(kind)
        yield


@pytest.fixture(scope="module")
def quick(own: None) -> pharos.Recommender:
    """A model with an own encoder."""
    data = pharos.Dataset.from_frames(EVENTS, ITEMS, features={"year": {"type": "number", "encoder": "halved"}})
    return pharos.fit(data, dimensions=8, max_epochs=1, ranker=False, text_model="", progress=False)


@pytest.mark.parametrize("step", ["oldest", Oldest()], ids=["by name", "as it is"])
def test_a_step_decides_the_order_of_the_candidates(model: pharos.Recommender, step: object):
    years = ITEMS.set_index("item_id").loc[model.recommend("w3", k=30, steps=[step])["item_id"], "year"]
    assert years.is_monotonic_increasing
    assert not years.isna().any()


def test_a_step_and_diversity_go_together(model: pharos.Recommender):
    assert len(model.recommend("w3", k=5, steps=["oldest"], diversity=0.5)) == 5


def test_a_step_that_reads_what_the_items_lack_is_refused(model: pharos.Recommender):
    class ByPrice(Oldest):
        name = "by price"
        needs = frozenset({"price"})

    with pytest.raises(pharos.RequestError, match="'by price' reads the features price; the items have year, genres"):
        model.recommend("w3", steps=[ByPrice()])


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda frame: frame.assign(item_id="mine"), "returned 'mine', which is not among its candidates"),
        (lambda frame: pd.concat([frame, frame]), "returned an item more than once"),
        (lambda frame: None, "must return a DataFrame with the column item_id"),
    ],
)
def test_a_step_that_makes_items_up_is_refused(model: pharos.Recommender, answer, told: str):
    class Broken(Oldest):
        def __call__(self, candidates: pd.DataFrame) -> pd.DataFrame:
            return answer(candidates)

    with pytest.raises(pharos.RequestError, match=told):
        model.recommend("w3", steps=[Broken()])


@pytest.mark.slow
def test_an_own_peer_is_judged_beside_ours(quick: pharos.Recommender):
    figures = quick.evaluate("chronological", peers=["Popularity", "by title"], progress=False)
    table = figures.to_frame()
    assert table.index.tolist() == ["two-tower", "two-tower + ranker", "Popularity", "by title"]
    assert table["ours"].tolist() == [True, True, False, False]
    assert table["ndcg@10"].between(0, 1).all()
    assert figures.answers("by title").query("rank == 1")["item_id"].isin([world.war(n) for n in (0, 1)]).any()
    with pytest.raises(pharos.RequestError, match="there are two-tower, two-tower"):
        figures.answers("none")


def test_an_own_peer_takes_part_by_what_it_declares():
    assert own_peers.own_peers(cold=True) == (ByTitle,)


def test_a_peer_that_is_not_there_is_named_with_those_that_are(quick: pharos.Recommender):
    with pytest.raises(EvaluationError, match=r"no peer 'none' for the protocol cold; there are .*by title"):
        quick.evaluate("cold", peers=["none"], progress=False)


def test_a_bundle_with_an_own_encoder_is_opened_where_it_is_registered(quick: pharos.Recommender, tmp_path: Path):
    place = quick.save(tmp_path)
    mine, theirs = quick.recommend("w3", k=3), pharos.open(place).recommend("w3", k=3)
    assert mine["item_id"].tolist() == theirs["item_id"].tolist()
    own_encoders._OWN.clear()
    with pytest.raises(UnknownEncoder, match="feature 'year': no encoder 'halved' is registered here; there is none"):
        pharos.open(place)


def test_an_installed_package_brings_its_encoder_by_an_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "thirds_of_years.py").write_text(
        "import pharos\nfrom pharos.towers.features.encoders.number import NumberEncoder\n"
        "@pharos.register\nclass Thirds(NumberEncoder):\n    name = 'thirds'\n",
        encoding="utf-8",
    )
    installed = tmp_path / "thirds-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: thirds\nVersion: 1.0\n", encoding="utf-8")
    (installed / "entry_points.txt").write_text("[pharos.plugins]\nthirds = thirds_of_years\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    data = pharos.Dataset.from_frames(EVENTS, ITEMS, features={"year": {"type": "number", "encoder": "thirds"}})
    assert own_encoders.own_encoder(data.schema.items[0]).name == "thirds"


def test_an_encoder_of_another_type_is_refused():
    data = pharos.Dataset.from_frames(EVENTS, ITEMS, features={"language": {"type": "category", "encoder": "halved"}})
    with pytest.raises(UnknownEncoder, match="'language' is a category; the encoder 'halved' is for a number"):
        own_encoders.own_encoder(data.schema.items[0])


def test_a_dataset_folder_keeps_the_name_of_the_encoder(tmp_path: Path):
    data = pharos.Dataset.from_frames(EVENTS, ITEMS, features={"year": {"type": "number", "encoder": "halved"}})
    export_dataset(data, tmp_path)
    assert load_dataset(tmp_path).schema == data.schema


class NoType(FeatureEncoder):
    name = "no type"


class NoName(NumberEncoder):
    pass


class NoNeeds:
    name = "no needs"

    def __call__(self, candidates: pd.DataFrame) -> pd.DataFrame:
        return candidates


class WrongNeeds(ByTitle):
    needs = frozenset({"money"})


class UndeclaredAbility(ByTitle):
    can = None


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (NoType, "NoType.type is None; a FeatureType must be declared"),
        (NoName, "NoName.name is ''; a str must be declared"),
        (NoNeeds, "NoNeeds.needs is None; a frozenset must be declared"),
        (WrongNeeds, "WrongNeeds.needs holds 'money'; allowed are Need.DOCUMENTS"),
        (UndeclaredAbility, "UndeclaredAbility.can is None; a Capabilities must be declared"),
        (int, "int is none of these"),
        (Oldest(), "is no class"),
    ],
)
def test_a_class_that_does_not_declare_what_it_can_do_is_refused(kind: type, told: str):
    with pytest.raises(pharos.RequestError, match=told):
        pharos.register(kind)
