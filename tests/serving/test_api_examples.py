"""The description of the API: every operation is described, and its example is answered as it says."""

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import schemathesis

from pharos.serving.api.examples import BODIES, ITEM, JOB, NEW_USER, USER, WRITTEN_EVENT
from pharos.serving.app import create_app
from pharos.serving.settings import Settings
from tests.api_cases import CHECKS
from tests.serving.served import served
from tests.serving.writing_world import eventually

# What is written first is there to be read, and a collection can be rolled back after another one was built.
_ORDER: Final = ("put", "post", "patch", "get", "delete")
_LAST_OF_POSTS: Final = "/v1/rollback"


def described() -> dict[str, Any]:
    return create_app(Settings()).openapi()


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    found = [(method, path, one) for path, methods in document["paths"].items() for method, one in methods.items()]
    return sorted(found, key=lambda entry: (_ORDER.index(entry[0]), entry[1] == _LAST_OF_POSTS))


def test_every_operation_has_a_summary_a_description_and_a_name_of_its_own() -> None:
    found = operations(described())
    assert [path for _, path, one in found if not one["summary"] or not one["description"]] == []
    names = Counter(one["operationId"] for _, _, one in found)
    assert [name for name, count in names.items() if count > 1 or not name.isidentifier()] == []


def test_every_body_and_every_parameter_that_is_needed_has_an_example() -> None:
    missing = []
    for method, path, one in operations(described()):
        missing += [
            f"{method} {path}: {parameter['name']}"
            for parameter in one.get("parameters", ())
            if parameter["required"] and "example" not in parameter
        ]
        missing += [
            f"{method} {path}: body"
            for content in one.get("requestBody", {}).get("content", {}).values()
            if "example" not in content
        ]
    assert missing == []
    assert set(BODIES) <= {one["operationId"] for _, _, one in operations(described())}


@pytest.fixture
def server(trained_too: Path, tmp_path: Path) -> Iterator[str]:
    """A server with the world, and the items and the user of the examples in it."""
    settings = Settings(data_dir=shutil.copytree(trained_too, tmp_path / "data"))
    with served(create_app(settings)) as (host, port):
        url = f"http://{host}:{port}"
        items = [{"item_id": item_id, "title": f"Film {item_id}"} for item_id in (ITEM, "172", "174")]
        events = [{"user_id": USER, "item_id": item_id, "type": "like"} for item_id in ("war-1", "war-2")]
        httpx.post(f"{url}/v1/items:batch", json=items, timeout=120).raise_for_status()
        httpx.post(f"{url}/v1/events", json=events, timeout=120).raise_for_status()
        yield url


@pytest.mark.slow
def test_every_example_is_answered_as_the_description_says(server: str) -> None:
    document = httpx.get(f"{server}/openapi.json").json()
    schema = schemathesis.openapi.from_url(f"{server}/openapi.json")
    job, outcomes = JOB, {}
    for method, path, one in operations(document):
        given: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}}
        for parameter in one.get("parameters", ()):
            if "example" in parameter:
                given[parameter["in"]][parameter["name"]] = parameter["example"]
        if given["path"].get("user_id") == NEW_USER:  # an example before this one may have deleted the user
            httpx.post(f"{server}/v1/events", json=[WRITTEN_EVENT]).raise_for_status()
        if given["path"].get("job_id") == JOB:
            given["path"]["job_id"] = job  # only the server knows the id of a job
        content = one.get("requestBody", {}).get("content", {}).get("application/json")
        body = {"body": content["example"], "media_type": "application/json"} if content else {}
        case = schema[path][method.upper()].Case(path_parameters=given["path"], query=given["query"], **body)
        response = case.call()
        case.validate_response(response, checks=CHECKS)
        outcomes[f"{method} {path}"] = response.status_code
        if path == "/v1/reindex":
            job = response.json()["id"]
            eventually(lambda: httpx.get(f"{server}/v1/jobs/{job}").json()["state"] not in {"queued", "running"})  # noqa: B023
    assert [name for name, status in outcomes.items() if not 200 <= status < 300] == []
    assert len(outcomes) == len(operations(document))
