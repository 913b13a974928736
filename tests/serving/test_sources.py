"""What towers, neighbours and content find together: lists, explanations and scores of a shop."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from starlette.testclient import TestClient

from pharos.indexing.index import CONTENT, NEIGHBOURS, TOWER
from pharos.indexing.sparse import SparseVector
from pharos.serving.app import create_app
from pharos.serving.operations.reindex import reindex
from pharos.serving.parts import open_store
from pharos.serving.pipeline import Person, Selection, candidates
from pharos.serving.pipeline.candidates import RetrieveCandidates
from pharos.serving.pipeline.eligible import Eligible
from pharos.serving.pipeline.encode import EncodeUser
from pharos.serving.pipeline.profile import ReadProfile
from pharos.serving.service import Service, open_service
from pharos.serving.settings import Settings
from pharos.towers.bundle.bundle import Bundle
from pharos.towers.histories.histories import Histories
from pharos.towers.histories.queries import HistoryEvent
from pharos.towers.histories.sequences import Sequences
from pharos.towers.progress import Silent
from pharos.towers.ranking.feature_names import WIDTH
from pharos.towers.ranking.features import RankTables
from pharos.towers.ranking.ranker import Ranker
from pharos.towers.sources.merging import MergeWeights, Weights
from pharos.towers.sources.retriever import Retriever
from pharos.training import train
from tests.serving import shop
from tests.serving.conftest import QUICK
from tests.serving.shop import new_shoe, product

SHOES, MATS = "running shoes", "yoga mats"
ALONE = {
    "personal": Weights(1, 0, 0),
    "neighbours": Weights(0, 1, 0),
    "content": Weights(0, 0, 1),
}


class Linear:
    """A ranking model that looks at all features alike."""

    def score(self, features: np.ndarray) -> np.ndarray:
        return np.asarray(features @ np.linspace(1, -1, WIDTH, dtype=np.float32))


@pytest.fixture(scope="module")
def trained_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = Settings(data_dir=tmp_path_factory.mktemp("shop"))
    quick = QUICK.model_copy(update={"text_model": "", "max_epochs": 2, "ranker": False})
    data = shop.dataset()
    train(data, quick, bundles=settings.bundles_dir, text_cache=settings.texts_dir, progress=Silent())
    with open_store(settings) as store:
        store.import_dataset(data)
    reindex(settings, None, Silent())
    return settings.data_dir


@pytest.fixture
def client(trained_shop: Path, tmp_path: Path) -> Iterator[TestClient]:
    """A client of a shop of the test's own."""
    folder = shutil.copytree(trained_shop, tmp_path / "shop")
    with TestClient(create_app(Settings(data_dir=folder)), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def service(client: TestClient) -> Service:
    return client.app.state.service  # type: ignore[attr-defined,no-any-return]


def weigh(service: Service, source: str) -> None:
    """Let one source alone decide."""
    bundle = service.live.current().bundle
    alone = ALONE[source]
    bundle.sources = replace(bundle.sources, weights=MergeWeights(alone, alone))


def rank(bundle: Bundle) -> None:
    """Give the bundle a ranking model, with what training counts for it."""
    data, spec = shop.dataset(), bundle.sources.spec
    sequences = Sequences.of(data.interactions, pd.Index(spec.items.ids))
    bundle.ranker = Ranker(spec, RankTables.of(sequences, len(spec.items), spec.scale), Linear())


def recommended(client: TestClient, user: str = "p0", **params: object) -> list[dict]:
    response = client.get(f"/v1/users/{user}/recommendations", params={"k": 20, **params})
    assert response.status_code == 200, response.text
    assert not response.json()["degraded"], response.text
    return response.json()["items"]


def after(client: TestClient, *history: str, **body: object) -> list[dict]:
    sent = {"history": [{"item_id": item_id} for item_id in history], "k": 20, **body}
    response = client.post("/v1/recommendations", json=sent)
    assert response.status_code == 200, response.text
    assert not response.json()["degraded"], response.text
    return response.json()["items"]


def ids(items: list[dict]) -> list[str]:
    return [item["item_id"] for item in items]


def shoes(count: int) -> list[str]:
    return [product(SHOES, number) for number in range(count)]


class TestAgreement:
    @pytest.mark.parametrize("depth", [300, 60])
    def test_a_request_merges_as_training_and_evaluation_do(
        self, service: Service, monkeypatch: pytest.MonkeyPatch, depth: int
    ) -> None:
        monkeypatch.setattr(candidates, "DEPTH", depth)
        generation, data = service.live.current(), shop.dataset()
        retriever = Retriever(generation.bundle.towers, generation.bundle.sources, data.items, None)
        users = [f"p{number}" for number in range(0, 240, 17)] + ["nobody"]
        queries = Histories(data, data.interactions).queries(users, retriever.vectors)
        row = {item_id: place for place, item_id in enumerate(data.items["item_id"])}
        seen = [np.array([row[event.item_id] for event in query.history], np.int64) for query in queries]
        for user, expected in zip(users, retriever.candidates(queries, seen, depth=depth), strict=True):
            profile = ReadProfile(service.store, 500)(Person(user))
            person = EncodeUser(service.index)(generation, profile)
            retrieve, unseen = (
                RetrieveCandidates(service.index, Eligible(service.store)),
                Selection(10, exclude=profile.seen),
            )
            asked = retrieve.ask(generation, person, 10, unseen, with_vectors=True)
            found = retrieve.merge(generation.bundle, asked.lists)
            # Where a list is cut among items that are all alike, either may be in it.
            np.testing.assert_allclose(np.sort(found.parts, axis=0), np.sort(expected.parts, axis=0), atol=2e-5)
            if depth == 300:
                names = data.items["item_id"].to_numpy()[expected.rows]
                parts = dict(zip(names, expected.parts, strict=True))
                np.testing.assert_allclose(
                    found.parts, [parts[service.index.numbers.items[item]] for item in found.items], atol=2e-5
                )
                np.testing.assert_allclose(found.score, expected.score, atol=2e-5)

    @pytest.mark.parametrize("ranked", [False, True])
    def test_an_item_is_scored_as_in_the_list(self, client: TestClient, service: Service, ranked: bool) -> None:
        if ranked:
            rank(service.live.current().bundle)
        listed = recommended(client, k=60)
        asked = client.post("/v1/score", json={"user_id": "p0", "item_ids": ids(listed)}).json()["items"]
        assert [item["score"] for item in asked] == pytest.approx([item["score"] for item in listed], abs=1e-5)
        alone = client.post("/v1/score", json={"user_id": "p0", "item_ids": ids(listed)[5:6]}).json()["items"]
        assert alone[0]["score"] == pytest.approx(listed[5]["score"], abs=1e-5)

    def test_what_the_sources_did_not_find_is_scored_by_what_they_say_of_it(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        body = {"user_id": "p0", "item_ids": ids(recommended(client, k=60))}
        wide = client.post("/v1/score", json=body).json()["items"]
        monkeypatch.setattr(candidates, "DEPTH", 10)
        app = client.app.state.service  # type: ignore[attr-defined]
        monkeypatch.setattr(app.pipeline._score, "_settings", app.settings.model_copy(update={"candidates": 10}))
        narrow = client.post("/v1/score", json=body).json()["items"]
        assert [item["item_id"] for item in narrow] == [item["item_id"] for item in wide]
        assert narrow[0]["score"] == pytest.approx(wide[0]["score"], abs=0.2)
        assert narrow[0]["score"] > narrow[-1]["score"] >= 0


class TestNewProducts:
    @pytest.mark.parametrize("source", list(ALONE))
    def test_a_posted_one_is_found_by_each_source_in_the_next_request(
        self, client: TestClient, service: Service, source: str
    ) -> None:
        weigh(service, source)
        client.put("/v1/items/fresh", json=new_shoe())
        found = {item["item_id"]: item for item in after(client, *shoes(8), k=60)}
        assert found["fresh"]["source"] == source

    def test_a_history_of_posted_ones_alone_is_read_by_its_content(self, client: TestClient, service: Service) -> None:
        weigh(service, "content")
        for number in range(3):
            client.put(f"/v1/items/fresh-{number}", json=new_shoe(qualities=[]))
        found = after(client, "fresh-0", "fresh-1")
        assert found[0]["item_id"] == "fresh-2"
        assert {item["source"] for item in found} == {"content"}
        assert all(item_id.startswith(SHOES) for item_id in ids(found)[1:])


class TestExplanations:
    @pytest.mark.parametrize("source", list(ALONE))
    def test_the_past_products_of_the_kind_are_named(self, client: TestClient, service: Service, source: str) -> None:
        weigh(service, source)
        history = [product(MATS, 1), *shoes(4), product(MATS, 2)]
        listed = after(client, *history, k=40, explain=True)
        first = next(item for item in listed if item["item_id"].startswith(SHOES))
        assert first["source"] == source
        assert first["because"][0]["item_id"].startswith(SHOES)
        given = [reason["share"] for reason in first["because"]]
        assert given == sorted(given, reverse=True)
        assert 0 < sum(given) <= 1.001

    @pytest.mark.parametrize("source", ["neighbours", "content"])
    def test_those_of_a_posted_product_are_too(self, client: TestClient, service: Service, source: str) -> None:
        weigh(service, source)
        client.put("/v1/items/fresh", json=new_shoe())
        listed = after(client, product(MATS, 1), *shoes(8), k=100, explain=True)
        (fresh,) = [item for item in listed if item["item_id"] == "fresh"]
        assert fresh["because"][0]["item_id"].startswith(SHOES)
        assert fresh["because"][0]["shared"]["category"] == SHOES

    def test_a_posted_past_product_can_be_the_reason(self, client: TestClient, service: Service) -> None:
        weigh(service, "content")
        client.put("/v1/items/fresh", json=new_shoe())
        (first, *_) = after(client, "fresh", explain=True)
        assert [(reason["item_id"], reason["share"]) for reason in first["because"]] == [("fresh", 1.0)]


class TestEdges:
    def test_somebody_unknown_gets_popular_and_personal_products(self, client: TestClient) -> None:
        assert {item["source"] for item in recommended(client, "nobody")} == {"popular", "personal"}

    def test_a_history_of_one_product_leads_to_its_kind(self, client: TestClient) -> None:
        found = ids(after(client, product(MATS, 7), k=10))
        assert sum(item_id.startswith(MATS) for item_id in found) >= 8

    def test_a_list_longer_than_the_candidates_goes_on_to_the_end(self, client: TestClient, service: Service) -> None:
        narrow = Settings(data_dir=service.settings.data_dir, candidates=10)
        pipeline = type(service.pipeline)(service.store, service.index, service.variants, narrow)
        history = tuple(HistoryEvent(item_id) for item_id in shoes(3))
        assert len(pipeline.recommend(Person(history=history), Selection(1000)).items) == 300 - 3

    def test_a_shop_with_one_product_recommends_it(self, trained_shop: Path, tmp_path: Path) -> None:
        shutil.copytree(trained_shop / "bundles", tmp_path / "one" / "bundles")
        settings, data = Settings(data_dir=tmp_path / "one"), shop.dataset()
        only = replace(data, items=data.items.head(1), interactions=data.interactions.head(0), users=data.users.head(0))
        with open_store(settings) as store:
            store.import_dataset(only)
        reindex(settings, None, Silent())
        with open_service(settings) as service:
            assert len(service.pipeline.recommend(Person("p0"), Selection(10)).items) == 1
            one = only.items["item_id"][0]
            assert service.pipeline.similar(one, Selection(10)).items == ()
            assert service.pipeline.recommend(Person(history=(HistoryEvent(one),)), Selection(10)).items == ()


class TestSimilar:
    def test_a_new_product_lists_its_category_first(self, client: TestClient) -> None:
        client.put("/v1/items/fresh", json=new_shoe())
        found = ids(client.get("/v1/items/fresh/similar", params={"k": 60}).json()["items"])
        assert all(item_id.startswith(SHOES) for item_id in found[:50])
        assert len(found) == 60

    def test_a_well_known_product_lists_its_kind(self, client: TestClient) -> None:
        answer = client.get(f"/v1/items/{product(MATS, 1)}/similar", params={"k": 10}).json()["items"]
        assert sum(item["item_id"].startswith(MATS) for item in answer) >= 9
        assert {item["source"] for item in answer} == {"similar"}

    def test_they_keep_to_the_filter_whatever_found_them(self, client: TestClient) -> None:
        params = {"k": 200, "filter": f"category={SHOES}"}
        found = ids(client.get(f"/v1/items/{product(MATS, 1)}/similar", params=params).json()["items"])
        assert sorted(found) == sorted(product(SHOES, number) for number in range(50))

    def test_one_that_everything_leads_to_lists_what_leads_to_it_most(
        self, client: TestClient, service: Service
    ) -> None:
        generation, item_id = service.live.current(), product(MATS, 1)
        codes = generation.bundle.sources.spec.items
        weights = np.linspace(1, 2, len(codes), dtype=np.float32)
        names = (TOWER, CONTENT)
        point = service.index.fetch(generation.collection, [item_id], with_vectors=names)[item_id]
        led_from = SparseVector(np.arange(len(codes)), weights)
        service.index.upsert(generation.collection, [replace(point, sparse={NEIGHBOURS: led_from})])
        found = ids(client.get(f"/v1/items/{item_id}/similar", params={"k": 200}).json()["items"])
        assert len(found) == 200
        places = [codes.ids.index(other) for other in found]
        assert np.mean(places[:50]) > np.mean(places[-50:])


class TestSearch:
    def test_words_answer_where_there_is_no_text_model(self, client: TestClient) -> None:
        found = client.get("/v1/search", params={"q": "tents", "k": 10}).json()["items"]
        assert all(item["item_id"].startswith("tents") for item in found)
        assert {item["source"] for item in found} == {"text"}
