"""The list of what is installed holds every package of the lock, once, with its hashes."""

import re
from pathlib import Path

from scripts.sbom import document, licence_of

LOCK = (Path(__file__).parents[1] / "requirements.lock").read_text(encoding="utf-8")


def test_every_package_of_the_lock_is_listed_with_its_hashes() -> None:
    made = document(LOCK)
    listed = [f"{part['name']}=={part['version']}" for part in made["components"]]
    assert listed == re.findall(r"^[A-Za-z0-9._-]+==[^ ;\\]+", LOCK, re.MULTILINE)
    assert sum(len(part["hashes"]) for part in made["components"]) == LOCK.count("--hash=sha256:")
    assert all(part["hashes"] for part in made["components"])


def test_the_same_lock_gives_the_same_document() -> None:
    assert document(LOCK) == document(LOCK)
    assert document(LOCK)["serialNumber"] != document(LOCK + "\n")["serialNumber"]


def test_a_licence_is_the_one_that_the_package_states() -> None:
    assert licence_of("numpy") and "BSD" in str(licence_of("numpy"))
    assert licence_of("no-such-package-at-all") is None
