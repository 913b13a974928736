"""What MkDocs does beside its own when `make docs` builds the site: see mkdocs.yml."""

import html
import re
from pathlib import Path
from typing import Any, Final

from latex2mathml.converter import convert
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

ROOT: Final = Path(__file__).resolve().parents[1]
# Pages that lie at the top of the repository, and what they are called in the site: security.md is another one.
TOP_PAGES: Final = {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md", "SECURITY.md": "reporting.md"}
_CODE: Final = re.compile(r"(^```.*?^```$|`[^`\n]+`)", re.MULTILINE | re.DOTALL)
_BLOCK: Final = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
_INLINE: Final = re.compile(r"(?<![\\$\w])\$(?![\s$])([^$\n]+?)(?<!\s)\$(?![\w$])")
_LINK: Final = re.compile(r"\]\((?:\.\./)+([A-Z]+\.md)\)")
_RESOURCE: Final = re.compile(
    r"<(?:script|img|iframe|source|video|audio|link)\b[^>]*?\b(?:src|href|srcset)=[\"']?((?:https?:)?//[^\"'\s>]+)",
    re.I,
)
_STYLE: Final = re.compile(r"(?:url\(|@import\s+)[\"']?((?:https?:)?//[^\"')\s]+)")


def on_files(files: Files, *, config: Any) -> Files:
    """The pages at the top of the repository, beside those in docs/."""
    for name, place in TOP_PAGES.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        files.append(File.generated(config, place, content=re.sub(r"\]\(docs/", "](", text)))
    return files


def on_page_markdown(markdown: str, *, page: Any, config: Any, files: Files) -> str:
    """Links to those pages by their names in the site; formulas as MathML."""
    up = "../" * page.file.src_uri.count("/")
    parts = _CODE.split(_LINK.sub(lambda link: f"]({up}{TOP_PAGES.get(link[1], link[1])})", markdown))
    return "".join(part if place % 2 else _formulas(part) for place, part in enumerate(parts))


def on_post_build(*, config: Any) -> None:
    """Refuse a site of which a page or a style loads anything from another server."""
    found = set()
    for file in Path(config["site_dir"]).rglob("*"):
        if file.suffix in (".html", ".css", ".svg"):
            text = file.read_text(encoding="utf-8")
            pattern = _STYLE if file.suffix == ".css" else _RESOURCE
            found |= {f"{file.name}: {html.unescape(match)}" for match in pattern.findall(text)}
    if found:
        raise PluginError("the site would load from other servers:\n" + "\n".join(sorted(found)))


def _formulas(text: str) -> str:
    text = _BLOCK.sub(lambda formula: f"\n\n{convert(formula[1].strip(), display='block')}\n\n", text)
    return _INLINE.sub(lambda formula: convert(formula[1]), text)
