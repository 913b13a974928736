"""Amazon reviews of 2014, 2018 and 2023: a file of reviews, and a file of products whose name begins with meta_."""

import json
import re
from pathlib import Path
from typing import Any, Final

from pharos.ingest.dataset import Dataset
from pharos.ingest.declaration import read_declaration
from pharos.ingest.errors import DataError
from pharos.ingest.tables.encoding import scan
from pharos.ingest.tables.files import data_file
from pharos.ingest.tables.json_table import json_records

_META: Final = re.compile(r"meta_(?P<name>.+?)\.jsonl?(?:\.(?:gz|zst|bz2|xz))?$")
_OF_2023: Final[dict[str, Any]] = {
    "interactions": {"user": "user_id", "item": "parent_asin", "rating": "rating", "timestamp": "timestamp"},
    "items": {"id": "parent_asin", "title": "title"},
    "features": {
        "store": "category",
        "main_category": "category",
        "categories": "tags",
        "price": "number",
        "features": {"type": "text", "html": True},
        "description": {"type": "text", "html": True},
    },
}
_OF_2018: Final[dict[str, Any]] = {
    "interactions": {"user": "reviewerID", "item": "asin", "rating": "overall", "timestamp": "unixReviewTime"},
    "items": {"id": "asin", "title": "title"},
    "features": {
        "brand": "category",
        "category": "tags",
        "price": "number",
        "description": {"type": "text", "html": True},
    },
}
_OF_2014: Final[dict[str, Any]] = {
    **_OF_2018,
    "features": {
        "brand": "category",
        "categories": {"type": "tags", "column": "categories.0"},
        "price": "number",
        "description": "text",
    },
}
_LOOKED_AT: Final = 1000


def find_files(folder: Path) -> tuple[Path, Path] | None:
    """The files of reviews and of products; None if they are not there."""
    for products in sorted(folder.glob("meta_*.json*")):
        found = _META.match(products.name)
        if found:
            name = re.escape(found["name"])
            reviews = re.compile(rf"(?:reviews_)?{name}(?:_5)?\.jsonl?(?:\.\w+)?$")
            matching = sorted(path for path in folder.iterdir() if reviews.match(path.name))
            if matching:
                return matching[0], products
    return None


def read_amazon(folder: Path) -> Dataset:
    """Read the reviews and the products; the edition is told from their fields. Errors: DataError."""
    files = find_files(folder)
    if files is None:
        raise DataError(f"{folder}: no reviews of Amazon")
    reviews, products = files
    first = _keys(reviews, 1)
    described = _keys(products, _LOOKED_AT)
    if "parent_asin" in first:
        edition = _OF_2023
    elif "reviewerID" in first:
        edition = _OF_2014 if "categories" in described else _OF_2018
    else:
        raise DataError(f"{reviews.name}: no reviews of Amazon; the keys are {json.dumps(sorted(first))[:200]}")
    features = {name: kind for name, kind in edition["features"].items() if name in described}
    declared = {
        "interactions": {"file": reviews.name, **edition["interactions"]},
        "items": {"file": products.name, "unlisted": "keep", **edition["items"], "features": features},
    }
    return read_declaration(folder, folder / "(known layout)", declared)


def _keys(path: Path, count: int) -> set[str]:
    """The keys of the first records."""
    file = data_file(path)
    keys: set[str] = set()
    for number, (_, record) in enumerate(json_records(file, scan(file))):
        if number >= count:
            break
        if isinstance(record, dict):
            keys.update(record)
    return keys
