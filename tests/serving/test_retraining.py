"""Retraining: on new events, judged against what is live, live only if not worse, never on what looks poisoned."""

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from starlette.testclient import TestClient

from pharos.ingest.dataset import Dataset
from pharos.retraining import Verdict, retrain
from pharos.serving.app import create_app
from pharos.serving.operations.retraining import Retraining, last_state
from pharos.serving.service import open_service
from pharos.serving.settings import Settings
from pharos.towers.bundle.bundle import Bundle
from pharos.towers.progress import Silent
from pharos.training import train
from tests.serving import world
from tests.serving.conftest import QUICK
from tests.serving.reindexing_world import FIRST, SECOND, eventually, prepared

SETTINGS = QUICK.model_copy(update={"text_model": "", "ranker": False, "max_epochs": 4})
MOMENT = 1_010_000
"""What happens in the world before is what the live model learns from."""


def everything() -> Dataset:
    """The world, in which all people come to their films at the same time: every thousand seconds to the next one."""
    data = world.dataset()
    events = data.interactions.sort_values(["user_id", "timestamp"], kind="stable").reset_index(drop=True)
    places = events.groupby("user_id").cumcount()
    return replace(data, interactions=events.assign(timestamp=1_000_000 + 1000 * places))


def seen_by(moment: int) -> Dataset:
    data = everything()
    events = data.interactions[data.interactions["timestamp"] <= moment].reset_index(drop=True)
    return replace(data, interactions=events)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle of the earlier half of the world's events."""
    folder = tmp_path_factory.mktemp("live")
    data = seen_by(MOMENT)
    return train(data, SETTINGS, bundles=folder, text_cache=folder / "texts", progress=Silent()).bundle


@pytest.fixture(scope="module")
def misled(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle that learnt, from as many events, that everybody likes anything."""
    folder = tmp_path_factory.mktemp("misled")
    data = seen_by(MOMENT)
    items = np.random.default_rng(5).permutation(data.interactions["item_id"].to_numpy())
    events = data.interactions.assign(item_id=items).drop_duplicates(["user_id", "item_id"]).reset_index(drop=True)
    wrong = replace(data, interactions=events)
    return train(wrong, SETTINGS, bundles=folder, text_cache=folder / "texts", progress=Silent()).bundle


def retrained(data: Dataset, live: Bundle, folder: Path) -> Verdict:
    return retrain(data, live, bundles=folder, text_cache=folder / "texts", progress=Silent())


def test_what_has_learnt_from_new_events_and_is_not_worse_goes_live(misled: Bundle, tmp_path: Path) -> None:
    verdict = retrained(everything(), misled, tmp_path)
    assert verdict.goes_live, verdict
    assert verdict.bundle is not None
    assert verdict.live is not None and verdict.new is not None
    assert verdict.people >= 10
    assert verdict.new > verdict.live
    made = Bundle.load(tmp_path / verdict.bundle)
    assert made.manifest.newest_event == 1_018_000
    assert made.manifest.evaluation["new"] == verdict.new
    assert {cost["option"] for cost in made.manifest.evaluation["list_costs"]} >= {"diversity"}


def test_without_new_events_nothing_is_trained(live: Bundle, tmp_path: Path) -> None:
    verdict = retrained(seen_by(MOMENT), live, tmp_path)
    assert (verdict.goes_live, verdict.bundle) == (False, None)
    assert "only 0 events" in verdict.reason
    assert not list(tmp_path.iterdir())


def test_a_store_that_has_lost_its_events_is_refused(live: Bundle, tmp_path: Path) -> None:
    data = everything()
    few = replace(data, interactions=data.interactions.sort_values("timestamp").tail(60).reset_index(drop=True))
    verdict = retrained(few, live, tmp_path)
    assert (verdict.goes_live, verdict.bundle) == (False, None)
    assert "something is missing" in verdict.reason


@pytest.mark.parametrize(("column", "value"), [("user_id", "bot"), ("item_id", "lone")])
def test_new_events_that_are_mostly_of_one_person_or_item_are_refused(
    live: Bundle, tmp_path: Path, column: str, value: str
) -> None:
    data = everything()
    new = data.interactions[data.interactions["timestamp"] > MOMENT]
    stuffed = pd.concat([new.assign(**{column: value})] * 2)
    verdict = retrained(replace(data, interactions=pd.concat([data.interactions, stuffed])), live, tmp_path)
    assert (verdict.goes_live, verdict.bundle) == (False, None)
    assert repr(value) in verdict.reason


def test_new_events_of_nearly_everybody_with_the_same_few_items_are_refused(live: Bundle, tmp_path: Path) -> None:
    data = everything()
    new = data.interactions["timestamp"] > MOMENT
    few = np.random.default_rng(4).choice(data.items["item_id"].to_numpy()[:10], int(new.sum()))
    events = data.interactions.copy()
    events.loc[new, "item_id"] = few
    verdict = retrained(replace(data, interactions=events), live, tmp_path)
    assert (verdict.goes_live, verdict.bundle) == (False, None)
    assert "10 items have 100% of the" in verdict.reason


def test_new_events_of_many_made_up_people_for_one_item_are_refused(live: Bundle, tmp_path: Path) -> None:
    data = everything()
    new = data.interactions[data.interactions["timestamp"] > MOMENT]
    flood = [new.assign(user_id=[f"bot-{n}" for n in range(len(new))], item_id=item) for item in ("lone", "war-1")]
    verdict = retrained(replace(data, interactions=pd.concat([data.interactions, *flood])), live, tmp_path)
    assert (verdict.goes_live, verdict.bundle) == (False, None)
    assert "10 items have" in verdict.reason


def test_what_is_worse_on_the_newest_events_is_kept_and_does_not_go_live(live: Bundle, tmp_path: Path) -> None:
    data = everything()
    events = data.interactions.copy()
    # The first half of the new events is made up by somebody; the second half is as people are.
    new = events.index[events["timestamp"] > MOMENT]
    early = events.loc[new].sort_values("timestamp", kind="stable").index[: len(new) // 2]
    chance = np.random.default_rng(3)
    old = events.index[events["timestamp"] <= MOMENT]
    events.loc[early, "item_id"] = chance.permutation(events.loc[early, "item_id"].to_numpy())
    events.loc[old, "item_id"] = chance.permutation(events.loc[old, "item_id"].to_numpy())
    events = events.drop_duplicates(["user_id", "item_id"], keep="last").reset_index(drop=True)
    verdict = retrained(replace(data, interactions=events), live, tmp_path)
    assert not verdict.goes_live, verdict


def test_an_event_of_the_year_2038_does_not_make_all_others_old(live: Bundle, tmp_path: Path) -> None:
    far = live.manifest.model_copy(update={"newest_event": 2**31})
    odd = Bundle(live.path, far, live.trained, None)
    verdict = retrained(everything(), odd, tmp_path)
    assert "newer than what the live model" in verdict.reason  # than the moment at which it was made


@pytest.fixture
def settings(bundles: Path, tmp_path: Path) -> Settings:
    """A folder with both bundles, of which the first is live."""
    from pharos.serving.operations.reindex import reindex

    with prepared(bundles, tmp_path, "") as made:
        usual = Settings(data_dir=made.data_dir, refresh_seconds=0.05)
        reindex(usual, FIRST, Silent())
        return usual


def says(verdict: object) -> list[str]:
    return [sys.executable, "-c", f"print('a line of the progress'); print({json.dumps(json.dumps(verdict))})"]


def test_a_server_goes_live_with_what_its_retraining_says_is_not_worse(settings: Settings) -> None:
    with open_service(settings) as service:
        asked: list[str] = []

        def command(live: str) -> list[str]:
            asked.append(live)
            return says({"goes_live": True, "reason": "better", "bundle": SECOND})

        running = Retraining(service, 3600, command)
        state = running.attempt()
        assert state is not None and state.reason == "better"
        assert asked == [FIRST]
        eventually(lambda: service.live.current().bundle.id == SECOND)
        assert running.attempt() is None  # it is not due again
        assert last_state(settings.data_dir) == state


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (says({"goes_live": False, "reason": "worse", "bundle": SECOND}), "worse"),
        ([sys.executable, "-c", "raise SystemExit('no space left')"], "retraining failed: no space left"),
        (["/nowhere/python"], "retraining failed"),
    ],
)
def test_what_is_worse_or_fails_leaves_what_is_live(settings: Settings, command: list[str], reason: str) -> None:
    with open_service(settings) as service:
        state = Retraining(service, 3600, lambda _: command).attempt()
        assert state is not None and state.reason.startswith(reason)
        assert service.live.current().bundle.id == FIRST
        assert service.store.job_under_way() is None


def test_readiness_and_metrics_tell_the_age_of_model_and_data(settings: Settings) -> None:
    with TestClient(create_app(settings)) as client:
        told = client.get("/readyz").json()
        assert 0 <= told["model_age_seconds"] < 3600
        newest = int(world.interactions()["timestamp"].max())
        assert abs(told["data_age_seconds"] - (time.time() - newest)) < 60
        metrics = client.get("/metrics").text
        assert f'pharos_model_age_seconds{{bundle="{FIRST}"}}' in metrics
        assert f'pharos_data_age_seconds{{bundle="{FIRST}"}}' in metrics
