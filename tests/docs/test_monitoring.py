"""The dashboard and the alerts ask for metrics that a server has, by labels that they have."""

import json
import re
import urllib.request

import pytest

from tests.docs.conftest import World
from tests.docs.pages import DOCS

DASHBOARD = DOCS / "operations/grafana-dashboard.json"
ALERTS = DOCS / "operations/alerts.yml"
# Those that Prometheus itself adds.
OF_PROMETHEUS = {"up"}
LABELS_OF_PROMETHEUS = {"job", "instance", "le"}
_NAME = re.compile(r"\b(?:up|pharos_\w+|process_\w+)\b(?!\s*\()")


def expressions() -> list[str]:
    """All that the two files ask for."""
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    alerts = re.findall(r"^\s+expr: (.+)$", ALERTS.read_text(encoding="utf-8"), re.MULTILINE)
    return [target["expr"] for panel in panels for target in panel["targets"]] + alerts


def labels(expression: str) -> set[str]:
    grouped = ",".join(re.findall(r"\bby \(([^)]*)\)", expression))
    matched = ",".join(re.findall(r"(\w+)\s*(?:=~|!=|=)\s*\"", expression))
    return {name.strip() for name in f"{grouped},{matched}".split(",") if name.strip()}


@pytest.fixture(scope="module")
def exposition(shop: World) -> str:
    urllib.request.urlopen(f"{shop.url}/v1/users/C0001/recommendations").read()
    return urllib.request.urlopen(f"{shop.url}/metrics").read().decode()


@pytest.fixture(scope="module")
def served(exposition: str) -> set[str]:
    """Every name, also of counters that have counted nothing yet."""
    names = set()
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", exposition, re.MULTILINE):
        names |= {f"{name}_bucket", f"{name}_sum", f"{name}_count"} if kind == "histogram" else {name}
    return names


@pytest.mark.slow
def test_every_metric_that_is_asked_for_is_served(served: set[str]) -> None:
    asked = {name for expression in expressions() for name in _NAME.findall(expression)}
    assert len(asked) > 10
    assert asked - served - OF_PROMETHEUS == set()


@pytest.mark.slow
def test_every_metric_of_the_service_has_its_place_on_the_dashboard(served: set[str]) -> None:
    text = DASHBOARD.read_text(encoding="utf-8")
    shown = {name for name in served if name in text}
    families = {re.sub(r"_(?:bucket|sum|count|total)$", "", name) for name in served if name.startswith("pharos_")}
    left_out = {family for family in families if not any(name.startswith(family) for name in shown)}
    # Which collection is live is told by the panel of its items; _created says when counting began.
    assert {family for family in left_out if not family.endswith("_created")} == {"pharos_live"}


@pytest.mark.slow
def test_every_label_that_is_asked_for_is_one_of_the_service(exposition: str) -> None:
    known = set(re.findall(r"[{,](\w+)=\"", exposition)) | LABELS_OF_PROMETHEUS | {"status", "error", "kind"}
    assert {name for expression in expressions() for name in labels(expression)} - known == set()


@pytest.mark.slow
def test_the_lists_and_routes_that_are_asked_for_are_counted(exposition: str) -> None:
    text = " ".join(expressions())
    wanted = set(re.findall(r"\blist=\"(\w+)\"", text))
    assert wanted <= set(re.findall(r"\blist=\"(\w+)\"", exposition))
    (route,) = set(re.findall(r"\broute=~\"([^\"]+)\"", text))
    assert any(re.fullmatch(route, found) for found in re.findall(r"\broute=\"([^\"]+)\"", exposition))


def test_every_alert_is_explained() -> None:
    told = (DOCS / "operations/monitoring.md").read_text(encoding="utf-8")
    names = re.findall(r"- alert: (\w+)", ALERTS.read_text(encoding="utf-8"))
    assert names
    assert [name for name in names if f"| {name} |" not in told] == []
