"""The web page and the reference: all of it in the package, under a strict policy; and what it asks the server."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import pharos.serving
from pharos.ingest.file_sums import write_sums
from pharos.serving.app import create_app
from pharos.serving.settings import Settings
from pharos.towers.bundle.bundle import SUMS
from tests.serving.world import HALF

WEB = Path(str(pharos.serving.__file__)).parent / "web"
LIBRARIES = sorted(path.name for path in (WEB / "vendor").iterdir() if path.suffix in {".js", ".css"})
ELSEWHERE = re.compile(r"""(?:src|href|from|import|url)\s*[=(]?\s*["'(]?(?:https?:)?//""")


def loaded(client: TestClient, page: str) -> dict[str, int]:
    """The sizes of all files that a page loads when it is opened, through what its modules import."""
    sizes, waiting = {page: len(client.get(page).content)}, [page]
    while waiting:
        text = client.get(waiting.pop()).text
        names = re.findall(r"""(?:href|src)="(/assets/[^"]+)"|from "\./([^"]+)\"""", text)
        for address in (whole or f"/assets/{name}" for whole, name in names):
            if address not in sizes:
                answer = client.get(address)
                assert answer.status_code == 200, address
                sizes[address] = len(answer.content)
                waiting.append(address)
    return sizes


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_a_page_runs_and_loads_only_what_comes_from_this_server(client: TestClient, path: str) -> None:
    policy = client.get(path).headers["content-security-policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
    assert rules["img-src"] == "'self' data:"
    assert not ELSEWHERE.search(client.get(path).text)


def test_no_file_of_the_page_names_another_server() -> None:
    own = [path for path in WEB.iterdir() if path.suffix in {".js", ".css", ".html"}]
    assert [path.name for path in own if ELSEWHERE.search(path.read_text(encoding="utf-8"))] == []


def test_the_page_writes_nothing_as_html() -> None:
    own = "".join(path.read_text(encoding="utf-8") for path in WEB.glob("*.js"))
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write|eval\(", own)


def test_the_whole_page_is_below_300_kilobytes(client: TestClient) -> None:
    sizes = loaded(client, "/")
    chart = sum(len(client.get(f"/assets/{name}").content) for name in ("uplot.js", "uplot.css"))
    assert "/assets/running.js" in sizes
    assert sum(sizes.values()) + chart < 300_000


def test_the_reference_finds_all_its_files(client: TestClient) -> None:
    assert {"/assets/swagger-ui-bundle.js", "/assets/swagger-ui.css", "/assets/docs.js"} <= loaded(
        client, "/docs"
    ).keys()


def test_the_reference_can_show_the_version_of_openapi_that_is_served(client: TestClient) -> None:
    assert client.get("/openapi.json").json()["openapi"].startswith("3.1")
    major = re.search(r'PACKAGE_VERSION:"(\d+)', client.get("/assets/swagger-ui-bundle.js").text)
    assert major and int(major[1]) >= 5


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_library_has_its_licence_beside_it(library: str) -> None:
    assert list((WEB / "vendor").glob(f"{library.split('.')[0]}.*LICENSE*"))


def test_a_file_is_sent_once_and_then_known_to_be_the_same(client: TestClient) -> None:
    first = client.get("/assets/app.js")
    again = client.get("/assets/app.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "name", ["nothing.js", "..%2Findex.html", "%2e%2e%2f%2e%2e%2fsettings.py", "vendor%2Fuplot.js"]
)
def test_a_name_that_is_no_file_of_the_page_is_not_found(client: TestClient, name: str) -> None:
    assert client.get(f"/assets/{name}").status_code == 404


def test_pictures_come_from_elsewhere_only_where_a_setting_says_so(trained_too: Path, tmp_path: Path) -> None:
    settings = Settings(data_dir=shutil.copytree(trained_too, tmp_path / "data"), image_feature="overview")
    with TestClient(create_app(settings)) as client:
        assert "img-src 'self' data: https:;" in client.get("/").headers["content-security-policy"]


def test_the_schema_tells_what_a_filter_can_be_made_of(client: TestClient) -> None:
    answer = client.get("/v1/schema").json()
    known = {feature["name"]: feature for feature in answer["items"]}
    assert known["year"] | {"lowest": 1950.0, "highest": 1998.0} == known["year"]
    genres = [{"value": name, "items": HALF} for name in ("Animation", "Drama", "War")]
    assert known["genres"]["values"] == genres
    assert [entry["value"] for entry in known["language"]["values"]] == ["en", "fr"]
    assert known["overview"]["values"] == []
    assert answer["users"] == [{"name": "age", "type": "number"}]


def test_the_status_tells_what_is_live_and_how_good_it_was(client: TestClient) -> None:
    answer = client.get("/v1/status").json()
    ready = client.get("/readyz").json()
    (variant,) = answer["variants"]
    assert (variant["bundle"], variant["collection"]) == (ready["bundle"], ready["collection"])
    assert variant["items"] == answer["counts"]["items"] == 2 * HALF + 1
    assert answer["problems"] == {}
    assert answer["bundles"][0]["evaluation"]
    assert {"user_id": "t0", "events": HALF - 1} in answer["users"]
    assert answer["collections"][0]["live_at"] is not None


def test_the_status_tells_what_the_sliders_of_the_page_cost_on_the_data_of_the_bundle(client: TestClient) -> None:
    (bundle,) = client.get("/v1/status").json()["bundles"]
    values = {option: [cost["value"] for cost in costs] for option, costs in _by_option(bundle["list_costs"]).items()}
    assert values == {"diversity": [0, 0.25, 0.5, 0.75, 1], "new_share": [0, 0.1, 0.2, 0.3, 0.5, 1]}
    assert all(cost["users"] == 2 * HALF and 0 <= cost["ndcg_10"] <= 1 for cost in bundle["list_costs"])
    assert not any("list_costs" in name for name in bundle["evaluation"])


def test_a_bundle_of_an_earlier_version_opens_and_tells_no_cost(trained_too: Path, tmp_path: Path) -> None:
    settings = Settings(data_dir=shutil.copytree(trained_too, tmp_path / "data"))
    (folder,) = settings.bundles_dir.iterdir()
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    del manifest["evaluation"]["list_costs"]
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    write_sums(folder, folder / SUMS)
    with TestClient(create_app(settings)) as client:
        (bundle,) = client.get("/v1/status").json()["bundles"]
        assert client.get("/readyz").json()["bundle"] == bundle["id"]
    assert bundle["list_costs"] == []
    assert bundle["evaluation"]


def _by_option(costs: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    return {option: [cost for cost in costs if cost["option"] == option] for option in ("diversity", "new_share")}


def test_the_share_of_new_items_can_be_asked_for(client: TestClient) -> None:
    def sources(share: float) -> list[str]:
        params = {"k": 10, "new_share": share}
        items = client.get("/v1/users/w3/recommendations", params=params).json()["items"]
        return [item["source"] for item in items]

    assert "new" not in sources(0)
    assert client.get("/v1/users/w3/recommendations?new_share=1.5").status_code == 422
    body = {"history": [], "new_share": 0.2}
    assert client.post("/v1/recommendations", json=body).status_code == 200


def test_every_operation_of_the_reference_says_what_it_does(client: TestClient) -> None:
    operations = [
        operation for path in client.get("/openapi.json").json()["paths"].values() for operation in path.values()
    ]
    assert [operation["operationId"] for operation in operations if not operation.get("summary")] == []
    assert "Build a new collection from the store and switch to it" in json.dumps(operations)
