"""What builds the site: pinned, explained, and apart from what a service needs."""

import re

from tests.docs.pages import DOCS, ROOT

LOCK = (ROOT / "requirements-docs.lock").read_text(encoding="utf-8")
WANTED = re.findall(r"^([a-z][\w-]*)", (ROOT / "requirements-docs.in").read_text(encoding="utf-8"), re.MULTILINE)


def test_the_lock_of_the_documentation_has_a_hash_for_every_package() -> None:
    blocks = re.split(r"\n(?=\S)", LOCK.strip())
    assert [block for block in blocks if "--hash=sha256:" not in block] == []


def test_the_lock_of_the_documentation_names_no_index_address() -> None:
    assert re.findall(r"https?://\S+|^--(?:extra-)?index-url.*|^(?:-i|-f|--find-links) .*", LOCK, re.MULTILINE) == []


def test_what_the_documentation_is_built_with_is_locked_and_has_its_reason() -> None:
    locked = set(re.findall(r"^([a-z][\w-]*)==", LOCK, re.MULTILINE))
    reasons = (DOCS / "decisions/0001-dependencies.md").read_text(encoding="utf-8")
    assert WANTED
    assert [name for name in WANTED if name not in locked or f"`{name}` | " not in reasons] == []
