"""The keys of dataset.toml that say where a table is and in which format."""

import os
from pathlib import Path
from typing import Final

from pharos.ingest.section import Section
from pharos.ingest.tables.encoding import check_encoding
from pharos.ingest.tables.query_table import Query
from pharos.ingest.tables.read import Source
from pharos.ingest.tables.text_format import TextFormat
from pharos.ingest.unicode import clean_name
from pharos.ingest.values.times import TimeFormat, check_format

SOURCE_KEYS: Final = (
    "file",
    "query",
    "url",
    "separator",
    "encoding",
    "header",
    "columns",
    "quote",
    "escape",
    "decimal",
)
"""The keys of every section that say so."""
_VARIABLE: Final = "env:"


def source_of(folder: Path, section: Section) -> Source:
    """The source of the table of this section. Errors: DataError."""
    values = section.values
    if ("file" in values) == ("query" in values):
        raise section.error("file", "missing; required is file, or query with url")
    if "query" in values:
        if "url" not in values:
            raise section.error("url", "missing; a query needs the URL of its database, or env:NAME of a variable")
        for key in SOURCE_KEYS[3:-1]:
            if key in values:
                raise section.error(key, "is for files, not for a query")
        query = Query(section.text("query"), _url(section), folder, f"query of [{section.name}]")
        return Source(folder, query=query)
    if "url" in values:
        raise section.error("url", "is for a query, not for a file")
    return Source(folder, section.texts("file"), format=_text_format(section))


def _url(section: Section) -> str:
    url = section.text("url")
    if not url.startswith(_VARIABLE):
        return url
    name = url.removeprefix(_VARIABLE)
    if not os.environ.get(name):
        raise section.error("url", f"the environment variable {name} is not set")
    return os.environ[name]


def _text_format(section: Section) -> TextFormat:
    header = section.values.get("header", True)
    if not isinstance(header, bool):
        raise section.error("header", f"must be true or false, not {header!r}")
    encoding = section.optional_text("encoding")
    if encoding is not None:
        try:
            encoding = check_encoding(encoding)
        except ValueError as error:
            raise section.error("encoding", f"{error}; allowed are names as utf-8, utf-16, cp1252, latin-1") from error
    for key in ("quote", "escape"):
        mark = section.values.get(key)
        if mark is not None and (not isinstance(mark, str) or len(mark) > 1 or (not mark and key == "escape")):
            raise section.error(key, f"must be one sign, not {mark!r}")
    columns = tuple(map(clean_name, section.texts("columns"))) if "columns" in section.values else None
    return TextFormat(
        separator=section.optional_text("separator"),
        encoding=encoding,
        header=header,
        columns=columns,
        quote=section.values.get("quote", '"'),
        escape=section.values.get("escape"),
    )


def time_format(section: Section, key: str) -> TimeFormat:
    """The time format from this key and `timezone`. Errors: DataError."""
    said = TimeFormat(section.optional_text(key), section.optional_text("timezone"))
    try:
        check_format(said)
    except ValueError as error:
        raise section.error("timezone" if "zone" in str(error) else key, str(error)) from error
    return said
