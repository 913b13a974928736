"""Writes an analysis: a PNG per plot, a CSV per table, and one self-contained page."""

import base64
import math
import re
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Final

import pandas as pd

from pharos.evaluation.analysis.findings import Picture, Section, Table

PAGE: Final = "analysis.html"
_STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; color: #212529; background: #fff; max-width: 1200px; margin: 2rem auto;
       padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: 0; } h2 { font-size: 1.2rem; margin-top: 2.5rem; }
p.lead { color: #495057; margin-top: .2rem; } nav a { margin-right: 1rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .5rem 0; font-size: .92em; }
th, td { text-align: left; vertical-align: top; padding: .25rem .6rem; border-bottom: 1px solid #e9ecef; }
figure { margin: 1rem 0; } img { max-width: 100%; height: auto; } small { color: #495057; }
"""
# Nothing but what stands in the page itself may be shown or run.
_POLICY: Final = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def write(sections: Sequence[Section], title: str, lead: str, folder: Path) -> Path:
    """Write all files below `folder`, which is created if missing; returns the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    for section in sections:
        for picture in section.pictures:
            (folder / f"{picture.name}.png").write_bytes(picture.png)
        for table in section.tables:
            table.frame.to_csv(folder / f"{table.name}.csv", index=False, float_format="%.6g")
    path = folder / PAGE
    path.write_text(page(sections, title, lead), "utf-8")
    return path


def page(sections: Sequence[Section], title: str, lead: str) -> str:
    """The page as HTML, with the plots embedded."""
    links = "".join(f'<a href="#{_anchor(section.title)}">{escape(section.title)}</a>' for section in sections)
    body = "\n".join(
        [
            f"<h1>{escape(title)}</h1>",
            f"<p class=lead>{escape(lead)}</p>",
            f"<nav>{links}</nav>",
            *(part for section in sections for part in _section(section)),
        ]
    )
    return (
        f'<!doctype html>\n<html lang=en><meta charset=utf-8><meta http-equiv="Content-Security-Policy" '
        f'content="{_POLICY}"><title>{escape(title)}</title>\n'
        f"<style>{_STYLE}</style>\n<body>\n{body}\n</body></html>\n"
    )


def _section(section: Section) -> Iterator[str]:
    yield f'<h2 id="{_anchor(section.title)}">{escape(section.title)}</h2>'
    yield from (f"<p>{escape(remark)}</p>" for remark in section.remarks)
    yield from map(_picture, section.pictures)
    yield from map(_table, section.tables)


def _picture(picture: Picture) -> str:
    content = base64.b64encode(picture.png).decode("ascii")
    alt = escape(picture.caption, quote=True)
    return f'<figure><img src="data:image/png;base64,{content}" alt="{alt}"></figure>'


def _table(table: Table) -> str:
    shown = table.frame if table.shown is None else table.shown
    told = f"<p><small>{escape(table.caption)} All {len(table.frame):,} rows: {escape(table.name)}.csv</small></p>"
    return told + (_rows(shown) if len(shown) else "")


def _rows(frame: pd.DataFrame) -> str:
    head = "".join(f"<th>{escape(str(name).replace('_', ' '))}" for name in frame.columns)
    rows = (f"<tr>{''.join(f'<td>{_cell(value)}' for value in row)}" for row in frame.itertuples(index=False))
    return "\n".join([f"<table><tr>{head}", *rows, "</table>"])


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}" if math.isfinite(value) else ""
    return escape(str(value))


def _anchor(title: str) -> str:
    return re.sub(r"[^a-z]+", "-", title.lower())
