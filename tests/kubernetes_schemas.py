"""The published JSON schemas of Kubernetes' resources, taken from a package of the index and known by its hash."""

import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import Any, Final

PACKAGE: Final = "kubernetes-validate==1.37.0"
SHA256: Final = "85136d018a27b50ec7fc049d902bfa5193f5976807e6c0f408e3ab6fe078cad9"
CACHE: Final = Path(__file__).parent.parent / ".cache" / "kubernetes"
_FOLDER: Final = "kubernetes_validate/kubernetes-json-schema"
_FETCH_SECONDS: Final = 120


class SchemasMissing(Exception):
    """The schemas cannot be had here; the message says why, for people."""


class Schemas:
    """The schemas of one version of Kubernetes, such as 1.37.0. No property that they do not know is allowed.

    Raises SchemasMissing.
    """

    def __init__(self, version: str) -> None:
        self._archive = zipfile.ZipFile(_fetch())
        self._version = version

    @cache  # noqa: B019
    def of(self, kind: str, api_version: str) -> Any:
        """The schema of a kind, with all that it refers to."""
        *group, version = api_version.split("/")
        name = "-".join([kind.lower(), *(part.split(".")[0] for part in group), version])
        folder = f"{_FOLDER}/v{self._version}-local-strict"
        schema = json.loads(self._archive.read(f"{folder}/{name}.json"))
        definitions = json.loads(self._archive.read(f"{folder}/_definitions.json"))
        return {**json.loads(json.dumps(schema).replace('"_definitions.json#', '"#')), **definitions}


def _fetch() -> Path:
    wheel = CACHE / f"{SHA256[:12]}.whl"
    if not wheel.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
            try:
                subprocess.run(
                    [*command, "--dest", folder, PACKAGE],
                    check=True,
                    capture_output=True,
                    text=True,
                    timeout=_FETCH_SECONDS,
                )
            except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
                raise SchemasMissing(f"pip could not fetch {PACKAGE}") from error
            (found,) = Path(folder).glob("*.whl")
            found.replace(wheel)
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != SHA256:
        raise SchemasMissing(f"{wheel} is not the package that it should be; remove it and try again")
    return wheel
