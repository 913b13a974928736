"""Every link between pages leads somewhere."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT, pages

TOP = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]
_LINK = re.compile(r"(?<!\\)\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+(?:\([^()]*\))?)(?:\s+\"[^\"]*\")?\)")
_CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def links(text: str) -> list[str]:
    """Where the links of a page lead; code holds none, but the text of a link may be code."""
    fenced = re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return _LINK.findall(re.sub(r"`[^`\n]*`", "code", fenced))


def anchors(text: str) -> set[str]:
    """The names that MkDocs and GitHub give to the headings of a page."""
    found: Counter[str] = Counter()
    names = set()
    for heading in re.findall(r"^#{1,6} (.+)$", _CODE.sub(lambda code: code[0].strip("`"), text), re.MULTILINE):
        name = re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", heading.lower())).strip("-")
        names.add(f"{name}_{found[name]}" if found[name] else name)
        found[name] += 1
    return names


def broken(page: Path) -> list[str]:
    """The links of a page that lead nowhere."""
    found = []
    for link in links(page.read_text(encoding="utf-8")):
        place, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        target = page if not place else (page.parent / place).resolve()
        if not target.exists() or (
            anchor and target.suffix == ".md" and anchor not in anchors(target.read_text(encoding="utf-8"))
        ):
            found.append(link)
    return found


@pytest.mark.parametrize("page", [*pages(), *TOP, DOCS / "llms.txt"], ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    assert broken(page) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A, b\n[a](#a-b) [b](#c) [c](none.md) [`d`](page.md#x) `[e](f)`\n", encoding="utf-8")
    assert broken(page) == ["#c", "none.md", "page.md#x"]


def test_every_page_can_be_reached_from_the_navigation_or_a_list() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    decisions = (DOCS / "decisions/index.md").read_text(encoding="utf-8")
    names = [page.relative_to(DOCS).as_posix() for page in pages()]
    lost = [name for name in names if f" {name}\n" not in navigation and Path(name).name not in decisions]
    assert lost == [], "name it in mkdocs.yml; a decision: make reference"


def test_no_page_needs_a_script_to_be_read() -> None:
    assert [page.name for page in pages() if "```mermaid" in page.read_text(encoding="utf-8")] == []


def test_llms_txt_has_the_form_that_readers_of_it_expect() -> None:
    """As https://llmstxt.org says: a title, a summary as a quotation, then sections with lists of links."""
    lines = [line for line in (DOCS / "llms.txt").read_text(encoding="utf-8").splitlines() if line]
    assert re.fullmatch(r"# \S.*", lines[0])
    assert lines[1].startswith("> ")
    first = next(place for place, line in enumerate(lines) if line.startswith("## "))
    listed = [line for line in lines[first:] if not line.startswith("## ")]
    assert [line for line in listed if not re.fullmatch(r"- \[[^\]]+\]\([^)]+\)(: .+)?", line)] == []
