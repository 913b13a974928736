"""The Kubernetes manifests: valid by the published schemas, and as safe and as complete as the guide says."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import pytest
import yaml

from pharos.cli.exit_codes import ExitCode
from pharos.serving.settings import Settings
from tests.kubernetes_schemas import Schemas, SchemasMissing

FOLDER: Final = Path(__file__).parent.parent / "deploy" / "kubernetes"
VERSIONS: Final = ("1.29.0", "1.37.0")


def manifests() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each document with the name of its file; Kustomize's own file is none."""
    for path in sorted(FOLDER.glob("*.yaml")):
        if path.name != "kustomization.yaml":
            for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
                yield path.name, document


def of_kind(*kinds: str) -> list[dict[str, Any]]:
    found = [document for _, document in manifests() if document["kind"] in kinds]
    assert found
    return found


def pods() -> list[dict[str, Any]]:
    """The pod of each workload."""
    specs = []
    for workload in of_kind("Deployment", "StatefulSet", "Job", "CronJob"):
        spec = workload["spec"]
        if workload["kind"] == "CronJob":
            spec = spec["jobTemplate"]["spec"]
        specs.append(spec["template"]["spec"])
    return specs


@pytest.mark.parametrize("version", VERSIONS)
def test_every_manifest_is_valid_by_the_published_schema(version: str) -> None:
    try:
        schemas = Schemas(version)
    except SchemasMissing as reason:
        if os.environ.get("CI") == "true":
            pytest.fail(str(reason))
        pytest.skip(str(reason))
    problems = [
        f"{name}, {document['kind']}: {error.instance_path}: {error.message}"
        for name, document in manifests()
        for error in jsonschema_rs.validator_for(schemas.of(document["kind"], document["apiVersion"])).iter_errors(
            document
        )
    ]
    assert problems == []


def test_the_kustomization_names_every_file_but_that_of_the_first_run() -> None:
    named = yaml.safe_load((FOLDER / "kustomization.yaml").read_text(encoding="utf-8"))["resources"]
    assert sorted(named) == sorted({name for name, _ in manifests()} - {"first-run.yaml"})


def test_no_container_runs_as_root_or_writes_to_its_own_files() -> None:
    for pod in pods():
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def test_every_container_has_requests_and_limits() -> None:
    for pod in pods():
        for container in pod["containers"]:
            assert set(container["resources"]) == {"requests", "limits"}
            for amounts in container["resources"].values():
                assert set(amounts) == {"cpu", "memory"}


def test_every_mount_has_its_volume() -> None:
    for workload in of_kind("Deployment", "StatefulSet"):
        spec = workload["spec"]
        claimed = {claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates", [])}
        pod = spec["template"]["spec"]
        volumes = {volume["name"] for volume in pod["volumes"]} | claimed
        assert {mount["name"] for container in pod["containers"] for mount in container["volumeMounts"]} == volumes


def test_the_api_is_asked_for_its_life_and_its_readiness() -> None:
    (api,) = (pod for pod in pods() if pod["containers"][0]["name"] == "api")
    container = api["containers"][0]
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    waits = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
    assert api["terminationGracePeriodSeconds"] > waits + Settings().stop_seconds


def test_selectors_find_the_pods_of_their_workload() -> None:
    for workload in of_kind("Deployment", "StatefulSet"):
        spec = workload["spec"]
        labels = spec["template"]["metadata"]["labels"]
        assert spec["selector"]["matchLabels"].items() <= labels.items()
    services = {service["metadata"]["name"]: service["spec"]["selector"] for service in of_kind("Service")}
    assert services == {"pharos": {"app": "pharos"}, "qdrant": {"app": "qdrant"}}


def test_the_autoscaler_scales_the_api() -> None:
    (scaler,) = of_kind("HorizontalPodAutoscaler")
    (api,) = of_kind("Deployment")
    assert scaler["spec"]["scaleTargetRef"]["name"] == api["metadata"]["name"]
    assert "replicas" not in api["spec"]


def test_the_settings_of_the_map_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    (settings,) = of_kind("ConfigMap")
    for name, value in settings["data"].items():
        assert name.removeprefix("PHAROS_").lower() in Settings.model_fields
        monkeypatch.setenv(name, value)
    read = Settings()
    (nodes,) = of_kind("StatefulSet")
    expected = [f"http://qdrant-{node}.qdrant:6333" for node in range(nodes["spec"]["replicas"])]
    assert read.qdrant_url.split(",") == expected
    assert read.qdrant_replicas <= nodes["spec"]["replicas"]


def test_a_retraining_that_keeps_what_is_live_has_not_failed() -> None:
    (job,) = of_kind("CronJob")
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["containers"][0]["command"][-1] == f"pharos retrain || test $? -eq {ExitCode.KEPT_LIVE.value}"
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
