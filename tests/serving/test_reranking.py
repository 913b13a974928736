"""The list that a person gets: as long as can be, confined, diverse, with new items and by rules."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from pharos.indexing.diversity import SIMILARITIES, Scale, mean_similarity
from pharos.indexing.filters import Filter, check, parse_expressions
from pharos.indexing.index import TOWER
from pharos.serving.errors import SettingsError
from pharos.serving.pipeline import Person, Pipeline, Selection
from pharos.serving.pipeline.answers import Candidate, Source
from pharos.serving.pipeline.relevance import relevance, scale
from pharos.serving.rule_settings import Rule
from pharos.serving.service import Service, open_service
from pharos.serving.settings import Settings
from pharos.serving.store import Store
from pharos.serving.store.tables import items
from pharos.towers.histories.queries import HistoryEvent
from tests.serving import world
from tests.serving.world import HALF, toy, war

EVERYTHING = {name(number) for number in range(HALF) for name in (war, toy)} | {"lone"}
UNSEEN_BY_W3 = EVERYTHING - {war(number) for number in range(HALF) if number != 3}


@pytest.fixture(scope="module")
def service(trained_too: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The world's service, for tests that only read; the order of the retrieval can be told by looking."""
    folder = shutil.copytree(trained_too, tmp_path_factory.mktemp("read") / "world")
    with open_service(Settings(data_dir=folder, ranker=False)) as service:
        yield service


@pytest.fixture
def own(trained_too: Path, tmp_path: Path) -> Iterator[Service]:
    """The world's service over a folder of the test's own."""
    folder = shutil.copytree(trained_too, tmp_path / "world")
    with open_service(Settings(data_dir=folder, ranker=False)) as service:
        yield service


def under(service: Service, **settings: Any) -> Service:
    """The same parts under other settings."""
    chosen = Settings(data_dir=service.settings.data_dir, ranker=False, **settings)
    return replace(service, settings=chosen, pipeline=Pipeline(service.store, service.index, service.variants, chosen))


def ruled(service: Service, *rules: Rule) -> Service:
    return under(service, rules=rules)


def listed(service: Service, k: int = 10, user: str = "w3", **wanted: Any) -> list[str]:
    answer = service.pipeline.recommend(Person(user), Selection(k, **wanted))
    assert answer.degraded_reason is None
    return [item.item_id for item in answer.items]


def change(store: Store, ids: list[str], **values: object) -> None:
    """What the store knows better than the index, which was built before."""
    with store.writing() as connection:
        connection.execute(update(items).where(items.c.id.in_(ids)).values(**values))


def matching(*conditions: str) -> Filter:
    """The filter as a request has it."""
    return check(parse_expressions(conditions), world.SCHEMA)


def likeness(service: Service, ids: list[str]) -> float:
    points = service.index.fetch(service.live.current().collection, ids)
    return mean_similarity(np.stack([points[item_id].vectors[TOWER] for item_id in ids]))


class TestLength:
    def test_items_withheld_since_the_index_was_built_are_made_up_for(self, own: Service) -> None:
        service = under(own, candidates=10)
        best = listed(service, k=15)
        change(service.store, best, available=False)
        assert set(listed(service, k=7)) <= UNSEEN_BY_W3 - set(best)
        assert len(listed(service, k=7)) == 7

    def test_a_filter_that_leaves_few_gives_all_of_them(self, service: Service) -> None:
        found = listed(service, filter=matching("year>=1997"))
        assert set(found) == {war(17), war(18), toy(17), toy(18)} & UNSEEN_BY_W3

    def test_ten_thousand_exclusions_leave_what_they_do_not_name(self, service: Service) -> None:
        left = {toy(4), toy(9), "lone"}
        exclude = frozenset([*(EVERYTHING - left), *(f"stranger-{number}" for number in range(10_000 - 38))])
        assert len(exclude) == 10_000
        for diversity in (0.0, 0.5):
            assert set(listed(service, exclude=exclude, diversity=diversity)) == left

    def test_a_diverse_list_is_as_long_as_a_plain_one(self, service: Service) -> None:
        assert set(listed(service, k=60, diversity=0.7)) == set(listed(service, k=60)) == UNSEEN_BY_W3


class TestDiversity:
    def test_none_is_the_plain_order(self, service: Service) -> None:
        assert listed(service, diversity=0.0) == listed(service)

    def test_more_of_it_makes_a_list_less_alike_and_keeps_the_best_item(self, service: Service) -> None:
        person = Person(history=tuple(HistoryEvent(toy(number)) for number in range(3)))
        plain, diverse = (
            [item.item_id for item in service.pipeline.recommend(person, Selection(10, diversity=diversity)).items]
            for diversity in (0.0, 1.0)
        )
        assert diverse[0] == plain[0]
        assert likeness(service, diverse) < likeness(service, plain) - 0.2

    def test_what_retrieval_found_is_on_one_scale_whatever_brought_it(self) -> None:
        brought = (("a", 0.9, Source.CONTENT), ("b", 0.6, Source.PERSONAL), ("c", 0.3, Source.NEIGHBOURS))
        found = [Candidate(item_id, score, source) for item_id, score, source in brought]
        assert relevance(found).tolist() == pytest.approx([1, 0.5, 0])

    def test_only_the_scores_of_a_ranking_model_are_log_odds(self) -> None:
        near = [Candidate(str(score), score, Source.PERSONAL) for score in (3.0, 1.0)]
        assert scale(near) == SIMILARITIES
        popular = Candidate("popular", 500.0, Source.POPULAR)
        ranked = [replace(candidate, ranked=True) for candidate in near]
        assert scale([*ranked, popular]) == Scale.of_log_odds(np.array([3, 1], np.float32))

    def test_a_person_without_history_gets_a_diverse_list_of_both_sources(self, service: Service) -> None:
        answer = service.pipeline.recommend(Person("nobody"), Selection(10, diversity=0.5))
        assert {item.source for item in answer.items} == {"personal", "popular"}
        assert len(answer.items) == 10

    @pytest.mark.parametrize("eligible", [0, 1])
    def test_no_and_one_candidate_are_no_error(self, service: Service, eligible: int) -> None:
        left = set(sorted(UNSEEN_BY_W3)[:eligible])
        assert set(listed(service, exclude=frozenset(EVERYTHING - left), diversity=0.5)) == left

    def test_a_withheld_item_keeps_nothing_that_is_like_it_away(self, own: Service) -> None:
        first, *rest = listed(own, k=60, diversity=1.0)
        change(own.store, [first], available=False)
        # As if it had never been there: the list is that of a request which leaves it out.
        assert listed(own, k=5, diversity=1.0) == listed(own, k=5, diversity=1.0, exclude=frozenset([first]))
        change(own.store, rest[:-3], available=False)
        assert set(listed(own, k=10, diversity=1.0)) == set(rest[-3:])

    def test_its_setting_is_what_a_request_gets_that_does_not_say(self, client: TestClient) -> None:
        path = "/v1/users/t2/recommendations"
        plain, diverse = (client.get(path, params={"diversity": value}).json() for value in (0, 1))
        assert client.get(path).json()["items"] == plain["items"] != diverse["items"]


class TestOnly:
    def ask(self, client: TestClient, **body: object) -> list[str]:
        response = client.post("/v1/recommendations", json=body)
        assert response.status_code == 200, response.text
        return [item["item_id"] for item in response.json()["items"]]

    def test_exactly_the_eligible_ones_come_best_first(self, client: TestClient) -> None:
        only = [war(2), toy(1), toy(2), "lone", "never heard of"]
        found = self.ask(client, history=[{"item_id": toy(2)}, {"item_id": toy(5)}], only=only, exclude=["lone"])
        assert found == [toy(1), war(2)]

    def test_they_keep_to_the_filter_and_to_diversity(self, client: TestClient) -> None:
        only = [name(number) for number in range(10) for name in (war, toy)]
        wanted = {"filter": {"genres": "War"}, "only": only, "k": 20, "diversity": 0.5}
        assert set(self.ask(client, history=[{"item_id": toy(2)}], **wanted)) == {war(number) for number in range(10)}

    def test_none_that_is_known_gives_an_empty_list(self, client: TestClient) -> None:
        assert self.ask(client, only=["never", "heard of"]) == []

    def test_a_person_without_history_keeps_to_them_too(self, client: TestClient) -> None:
        assert set(self.ask(client, only=[war(1), toy(1)])) == {war(1), toy(1)}

    def test_a_thousand_may_be_named_and_no_more(self, client: TestClient) -> None:
        many = [f"stranger-{number}" for number in range(998)]
        assert set(self.ask(client, only=[war(1), toy(1), *many])) == {war(1), toy(1)}
        problem = client.post("/v1/recommendations", json={"only": ["a"] * 1001})
        assert (problem.status_code, problem.json()["errors"][0]["field"]) == (422, "only")


class TestNewItems:
    """w3 likes war films, so a film about toys comes into a short list by the quota alone."""

    def old_but(self, service: Service, new: list[str]) -> None:
        change(service.store, sorted(EVERYTHING - set(new)), created_at=1_000_000)

    def asked(self, service: Service, k: int = 10) -> list[tuple[str, str]]:
        answer = service.pipeline.recommend(Person("w3"), Selection(k))
        return [(item.item_id, item.source.value) for item in answer.items]

    def test_they_get_their_share_of_the_list_at_equal_distances(self, own: Service) -> None:
        service = under(own, new_share=0.2, new_events=0)
        worst = listed(under(service), k=60)[-4:]
        self.old_but(service, worst)
        answer = self.asked(service)
        assert [place for place, (_, source) in enumerate(answer, start=1) if source == "new"] == [5, 10]
        assert {item_id for item_id, source in answer if source == "new"} <= set(worst)
        assert len({item_id for item_id, _ in answer}) == 10

    def test_those_that_are_there_by_themselves_count(self, own: Service) -> None:
        service = under(own, new_share=0.2, new_events=0)
        plain = listed(under(service))
        self.old_but(service, [plain[0], plain[9]])
        assert [item_id for item_id, _ in self.asked(service)] == plain

    def test_one_at_the_end_of_the_list_is_not_pushed_out_by_another(self, own: Service) -> None:
        service = under(own, new_share=0.2, new_events=0)
        plain = listed(under(service), k=60)
        self.old_but(service, [plain[9], plain[-1]])
        assert {plain[9], plain[-1]} <= {item_id for item_id, _ in self.asked(service)}

    def test_an_item_with_many_events_is_not_new(self, own: Service) -> None:
        service = under(own, new_share=1.0, new_days=0, new_events=5)  # only "lone" has fewer than nineteen
        ((best, source),) = self.asked(own, k=1)
        assert best == war(3) and source != "new"  # which of the other sources gave it is not asked here
        assert self.asked(service, k=1) == [("lone", "new")]

    def test_seen_and_withheld_ones_do_not_come(self, own: Service) -> None:
        service = under(own, new_share=0.5, new_events=0)
        self.old_but(service, [war(1), toy(1)])
        change(service.store, [toy(1)], available=False)
        assert not {war(1), toy(1)} & {item_id for item_id, _ in self.asked(service)}

    def test_without_a_share_there_are_none(self, own: Service) -> None:
        assert {source for _, source in self.asked(own)} <= {"personal", "neighbours", "content"}


class TestRules:
    def test_a_boost_lifts_what_fulfils_its_conditions(self, service: Service) -> None:
        plain = listed(service, k=60)
        lifted = listed(ruled(service, Rule(when=f"item_id={plain[-1]}", boost=1.0)), k=60)
        assert lifted.index(plain[-1]) <= 1
        assert [item for item in lifted if item != plain[-1]] == plain[:-1]

    def test_a_bury_lowers_it(self, service: Service) -> None:
        buried = listed(ruled(service, Rule(when=("genres=War", "year>=1980"), bury=1.0)), k=60)
        assert listed(service)[0] == war(3)
        assert buried.index(war(3)) >= len(buried) - 2
        assert len(buried) == len(UNSEEN_BY_W3)

    def test_rules_add_up(self, service: Service) -> None:
        rules = (Rule(when="genres=Animation", boost=0.5), Rule(when="genres=Animation", bury=0.5))
        assert listed(ruled(service, *rules), k=60) == listed(service, k=60)

    def test_a_pin_gives_the_best_that_fits_its_place(self, service: Service) -> None:
        plain = listed(service, k=60)
        drama = next(item for item in plain if item != war(3) and (item[-1] in "13579"))
        service = ruled(service, Rule(when="genres=all:Animation,Drama", pin=3), Rule(when="item_id=lone", pin=1))
        found = listed(service, k=5)
        assert (found[0], found[2]) == ("lone", drama)
        assert len(set(found)) == 5

    def test_pins_take_their_places_whatever_came_before_them(self, service: Service) -> None:
        plain = listed(service, k=10)
        service = ruled(service, Rule(when=f"item_id={plain[0]}", pin=5), Rule(when=f"item_id={plain[9]}", pin=3))
        found = listed(service, k=10)
        assert (found[4], found[2]) == (plain[0], plain[9])
        assert sorted(found) == sorted(plain)

    def test_a_pinned_item_that_was_seen_or_filtered_out_does_not_come(self, service: Service) -> None:
        service = ruled(service, Rule(when=f"item_id={war(1)}", pin=1), Rule(when="item_id=lone", pin=2))
        assert war(1) not in listed(service)
        assert "lone" not in listed(service, filter=matching("genres=Animation"))

    def test_a_pin_beyond_the_end_of_a_list_changes_nothing(self, service: Service) -> None:
        assert listed(ruled(service, Rule(when="item_id=lone", pin=8)), k=5) == listed(service, k=5)

    def test_rules_and_diversity_go_together(self, service: Service) -> None:
        service = ruled(service, Rule(when="item_id=lone", pin=1), Rule(when="genres=War", bury=0.5))
        found = listed(service, k=10, diversity=0.5)
        assert (found[0], len(set(found))) == ("lone", 10)

    def test_one_about_an_unknown_feature_stops_the_start_and_names_the_known_ones(self, service: Service) -> None:
        with pytest.raises(SettingsError, match=r"rules\.0\.when.*'colour=red'.*one of the fields .*genres"):
            under(service, rules=(Rule(when="colour=red", boost=0.1),))

    def test_before_the_first_import_there_is_nothing_to_hold_them_to(self, tmp_path: Path) -> None:
        rules = (Rule(when="colour=red", boost=0.1), Rule(when="genres=War", boost=0.1))
        with open_service(Settings(data_dir=tmp_path / "empty", popular_seconds=0, rules=rules)) as service:
            assert service.pipeline.recommend(Person("w3"), Selection(5)).items == ()
            service.store.import_dataset(world.dataset())
            assert len(service.pipeline.recommend(Person("w3"), Selection(5)).items) == 5
