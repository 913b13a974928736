"""A model of the service in a few dicts, and random requests: every list agrees with the model after every step.

`make soak` runs it for ten minutes. A failure prints the steps that lead to it, and the seed to get them again.
"""

import os
import shutil
import sys
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as with_seed
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from hypothesis.strategies import SearchStrategy
from starlette.testclient import TestClient

from pharos.serving.app import create_app
from pharos.serving.operations.reindex import reindex
from pharos.serving.service import Service
from pharos.serving.settings import Settings
from pharos.towers.progress import Silent
from tests.faults.damage import copy_with_holes
from tests.serving import world
from tests.serving.reindexing_world import FIRST, SECOND, prepared
from tests.serving.writing_world import disagreements

FEWEST = 100
SECONDS = float(os.environ.get("SOAK_SECONDS", "20"))
SEED = int(os.environ.get("SOAK_SEED", "20"))
USERS = ("u0", "u1", "w3", "a/b ü")
NEW = ("new-0", "new-1", "new 2", "new/3?", "neü-4")
ITEMS = st.sampled_from((*NEW, "war-0", "war-1", "war-2", "toy-0", "toy-1", "lone"))
MANY = 60


def path(*parts: str) -> str:
    return "/v1/" + "/".join(quote(part, safe=":") for part in parts)


def step(**drawn: SearchStrategy[Any]) -> Callable[[Callable[..., None]], Any]:
    """A rule that does nothing once the time is over."""

    def decorate(function: Callable[..., None]) -> Any:
        @wraps(function)
        def perform(self: "AgreesWithModel", **values: Any) -> None:
            if not self.is_over:
                try:
                    function(self, **values)
                except BaseException:
                    AgreesWithModel.has_failed = True
                    raise

        return rule(**drawn)(perform)

    return decorate


class AgreesWithModel(RuleBasedStateMachine):
    """The model: items by id, whether each is available; items by user that were had, and that are ignored."""

    template: ClassVar[Path]
    folder: ClassVar[Path]
    end: ClassVar[float]
    has_failed: ClassVar[bool] = False
    runs: ClassVar[int] = 0
    requests: ClassVar[int] = 0

    @initialize()
    def start(self) -> None:
        # Hypothesis has no budget of time: once it is over, the runs that are left do nothing. A slow machine goes on
        # until something has been tested.
        self.is_over = time.monotonic() > self.end and self.requests > FEWEST and not self.has_failed
        if self.is_over:
            return
        AgreesWithModel.runs += 1
        self.data = self.folder / str(self.runs)
        copy_with_holes(self.template, self.data)
        events = world.interactions()
        self.available = dict.fromkeys(world.items()["item_id"], True)
        self.title = dict(zip(world.items()["item_id"], world.items()["title"], strict=True))
        self.had = {user: set(events["item_id"][events["user_id"] == user]) for user in USERS}
        self.ignored: dict[str, set[str]] = {user: set() for user in USERS}
        self.bundle, self.before = FIRST, ""
        self.rested = self.indexed = self.requests
        self.open()

    def open(self) -> None:
        self.client = TestClient(create_app(Settings(data_dir=self.data, refresh_seconds=0.05, max_k=MANY)))
        self.client.__enter__()
        self.service: Service = self.client.app.state.service  # type: ignore[attr-defined]

    def ask(self, method: str, where: str, status: int | set[int] = 200, **sent: Any) -> Any:
        response = self.client.request(method, where, **sent)
        assert response.status_code in (status if isinstance(status, set) else {status}), response.text
        AgreesWithModel.requests += 1
        return response.json() if response.content else None

    @step(item=ITEMS, available=st.booleans(), year=st.integers(1950, 2020))
    def put_item(self, item: str, available: bool, year: int) -> None:
        body = {"title": f"Title {item}", "features": {"year": year, "genres": ["War"]}, "available": available}
        self.ask("PUT", path("items", item), 200 if item in self.available else 201, json=body)
        self.available[item], self.title[item] = available, f"Title {item}"

    @step(item=ITEMS, available=st.booleans())
    def change_availability(self, item: str, available: bool) -> None:
        known = item in self.available
        self.ask("PATCH", path("items", item), 200 if known else 404, json={"available": available})
        if known:
            self.available[item] = available

    @step(items=st.lists(ITEMS, min_size=1, max_size=4, unique=True))
    def put_batch(self, items: list[str]) -> None:
        self.ask("POST", "/v1/items:batch", json=[{"item_id": item, "title": f"Batch {item}"} for item in items])
        for item in items:
            self.available[item], self.title[item] = True, f"Batch {item}"

    @step(item=ITEMS)
    def delete_item(self, item: str) -> None:
        self.ask("DELETE", path("items", item), 200 if item in self.available else 404)
        self.available.pop(item, None)

    @step(user=st.sampled_from(USERS), item=ITEMS, kind=st.sampled_from(["view", "purchase", "like"]))
    def tell_event(self, user: str, item: str, kind: str) -> None:
        event = {"user_id": user, "item_id": item, "type": kind}
        self.ask("POST", "/v1/events", 200 if item in self.available else 422, json=[event])
        if item in self.available:
            self.had[user].add(item)

    @step(user=st.sampled_from(USERS), item=ITEMS)
    def ignore(self, user: str, item: str) -> None:
        known = item in self.available
        self.ask("PUT", path("users", user, "ignored", item), {200, 204} if known else 404)
        if known:
            self.ignored[user].add(item)

    @step(user=st.sampled_from(USERS), item=ITEMS)
    def stop_ignoring(self, user: str, item: str) -> None:
        self.ask("DELETE", path("users", user, "ignored", item), {200, 204, 404})
        self.ignored[user].discard(item)

    @step(user=st.sampled_from(USERS))
    def delete_user(self, user: str) -> None:
        self.ask("DELETE", path("users", user), {200, 204, 404})
        self.had[user], self.ignored[user] = set(), set()

    @step(bundle=st.sampled_from([FIRST, SECOND]))
    def re_index(self, bundle: str) -> None:
        if self.requests < self.indexed + 20:
            return
        job = self.ask("POST", "/v1/reindex", 202, json={"bundle": bundle})
        end = time.monotonic() + 60
        while (told := self.ask("GET", path("jobs", job["id"])))["state"] not in {"done", "failed"}:
            assert time.monotonic() < end
            time.sleep(0.01)
        assert told["state"] == "done", told
        self.bundle, self.before, self.indexed = bundle, self.bundle, self.requests

    @step()
    def roll_back(self) -> None:
        if not self.before:
            return
        self.ask("POST", "/v1/rollback")
        self.bundle, self.before = self.before, self.bundle

    @step()
    def restart(self) -> None:
        if self.requests < self.rested + 40:
            return  # Hypothesis would do nothing else for whole runs
        self.rested = self.requests
        self.client.__exit__(None, None, None)
        self.open()

    @step(user=st.sampled_from(USERS), item=ITEMS, k=st.integers(1, MANY))
    def lists_agree(self, user: str, item: str, k: int) -> None:
        shown = {name for name, available in self.available.items() if available}
        eligible = shown - self.had[user] - self.ignored[user]
        answer = self.ask("GET", f"{path('users', user, 'recommendations')}?k={k}")
        assert (answer["bundle"], answer["degraded"]) == (self.bundle, False)
        self.agrees(answer, eligible, min(k, len(eligible)))
        self.agrees(self.ask("GET", f"/v1/popular?k={k}"), shown, None)
        self.agrees(self.ask("GET", "/v1/search?q=Title&k=60"), shown, None)
        history = {"history": [{"item_id": item}], "k": k}
        self.agrees(self.ask("POST", "/v1/recommendations", json=history), shown - {item}, None)
        if item in self.available:
            self.agrees(self.ask("GET", f"{path('items', item, 'similar')}?k={k}"), shown - {item}, None)

    @step(item=ITEMS, user=st.sampled_from(USERS))
    def records_agree(self, item: str, user: str) -> None:
        told = self.ask("GET", path("items", item), 200 if item in self.available else 404)
        if item in self.available:
            assert (told["title"], told["available"]) == (self.title[item], self.available[item])
        assert self.service.store.counts().items == len(self.available)
        assert disagreements(self.service) == []
        assert self.service.store.miscounted() == []
        self.ask("GET", "/readyz")

    @staticmethod
    def agrees(answer: Any, allowed: set[str], count: int | None) -> None:
        listed = [item["item_id"] for item in answer["items"]]
        assert len(listed) == len(set(listed))
        assert set(listed) <= allowed, set(listed) - allowed
        assert count is None or len(listed) == count, (len(listed), count)

    def teardown(self) -> None:
        if hasattr(self, "client"):
            self.client.__exit__(None, None, None)
            shutil.rmtree(self.data, ignore_errors=True)


@pytest.fixture
def template(bundles: Path, tmp_path: Path) -> Path:
    """A folder with both bundles and the world, of which the first bundle is live."""
    with prepared(bundles, tmp_path, "") as made:
        usual = Settings(data_dir=made.data_dir)
        reindex(usual, FIRST, Silent())
        return usual.data_dir


def test_every_list_agrees_with_the_model_whatever_is_asked_in_whatever_order(template: Path, tmp_path: Path) -> None:
    AgreesWithModel.template, AgreesWithModel.folder = template, tmp_path / "runs"
    AgreesWithModel.end = time.monotonic() + SECONDS
    sys.stdout.write(f"SOAK_SEED={SEED}\n")
    run_state_machine_as_test(
        with_seed(SEED)(AgreesWithModel),
        settings=settings(
            max_examples=max(20, int(SECONDS)),
            stateful_step_count=60,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink] if SECONDS > 60 else [Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    sys.stdout.write(f"{AgreesWithModel.runs} runs, {AgreesWithModel.requests} requests\n")
    assert AgreesWithModel.requests > FEWEST
