"""Writes what a lock installs as a CycloneDX 1.6 document: name, version, hashes and licence of each package.

    python scripts/sbom.py requirements.lock dist/sbom.cdx.json

Licences are those that the installed packages state; a package for another system has none here, and is told. The same
lock always gives the same document (https://cyclonedx.org/docs/1.6/json/).
"""

import json
import re
import sys
import uuid
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

_PACKAGE = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*])?==([^ ;\\]+)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_CLASSIFIER = "License :: OSI Approved :: "
_LONGEST_NAME = 100


def document(lock: str) -> dict[str, Any]:
    """The document of a lock's text."""
    starts = [*_PACKAGE.finditer(lock)]
    ends = [*(match.start() for match in starts[1:]), len(lock)]
    components = [
        _component(match[1], match[2], lock[match.end() : end]) for match, end in zip(starts, ends, strict=True)
    ]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, lock)}",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": "pharos", "name": "pharos"}},
        "components": components,
        "dependencies": [{"ref": "pharos", "dependsOn": [part["bom-ref"] for part in components]}],
    }


def _component(name: str, version: str, rest: str) -> dict[str, Any]:
    purl = f"pkg:pypi/{re.sub(r'[-_.]+', '-', name).lower()}@{version}"
    component: dict[str, Any] = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    licence = licence_of(name)
    if licence:
        component["licenses"] = [{"license": {"name": licence}}]
    component["hashes"] = [{"alg": "SHA-256", "content": digest} for digest in sorted(_HASH.findall(rest))]
    return component


def licence_of(name: str) -> str | None:
    """The licence that an installed package states; None where it is not installed or states none."""
    try:
        stated = metadata(name)
    except PackageNotFoundError:
        return None
    approved = [line.removeprefix(_CLASSIFIER) for line in stated.get_all("Classifier") or [] if _CLASSIFIER in line]
    short = (stated.get("License") or "").strip()
    candidates = [stated.get("License-Expression"), "; ".join(approved), short if len(short) < _LONGEST_NAME else ""]
    return next((candidate for candidate in candidates if candidate), None)


def main() -> None:
    """Read the lock, write the document, tell how many packages have no licence here."""
    lock, out = Path(sys.argv[1]), Path(sys.argv[2])
    made = document(lock.read_text(encoding="utf-8"))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    without = [part["name"] for part in made["components"] if "licenses" not in part]
    sys.stdout.write(f"{out}: {len(made['components'])} packages\n")
    if without:
        sys.stdout.write(f"no licence known of {len(without)}: {', '.join(without)}\n")


if __name__ == "__main__":
    main()
