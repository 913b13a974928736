"""Online Retail (UCI), first and second edition: invoice lines; a negative quantity is a return."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from pharos.ingest.assemble import EntityTable, InteractionTable, assemble
from pharos.ingest.dataset import Dataset
from pharos.ingest.errors import DataError
from pharos.ingest.schema import Feature, FeatureType
from pharos.ingest.tables.csv_table import read_text_table
from pharos.ingest.tables.files import data_file
from pharos.ingest.tables.table import Table
from pharos.ingest.tables.text_format import TextFormat
from pharos.ingest.values.numbers import parse_numbers

FILES: Final = ("OnlineRetail.csv", "Online Retail.csv", "online_retail.csv", "online_retail_II.csv")
_EDITIONS: Final = (
    ("StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"),
    ("StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID"),
)
_COLUMNS: Final = ("item", "title", "quantity", "time", "price", "user")


def find_file(folder: Path) -> Path | None:
    """The file of invoices; None if there is none."""
    return next((folder / name for name in FILES if (folder / name).is_file()), None)


def read_online_retail(folder: Path) -> Dataset:
    """Read the invoice lines: purchases, and the products that they name.

    Lines without a customer are left out and counted; of each product the first description and the median price are
    taken. Errors: DataError.
    """
    path = find_file(folder)
    if path is None:
        raise DataError(f"{folder}: none of {', '.join(FILES)}")
    lines = _read(path)
    nobody = (lines.frame["user"].str.strip() == "").to_numpy(dtype=bool)
    sales = lines.leave_out(nobody, "a line without a customer")
    quantities, _ = parse_numbers(sales.frame["quantity"])
    kinds = np.where(quantities < 0, "return", "purchase").astype(object)
    sales = sales.with_columns(kind=kinds)
    return assemble(
        folder.resolve().name,
        InteractionTable(sales, "user", "item", None, "time", "kind", weights={"purchase": 1.0, "return": -1.0}),
        EntityTable(_products(lines), "item", "title", (Feature("price", FeatureType.NUMBER),)),
        None,
        ids="number",
    )


def _read(path: Path) -> Table:
    file, error = data_file(path), None
    for columns in _EDITIONS:
        try:
            return _renamed(read_text_table(file, columns, TextFormat()), columns)
        except DataError as problem:
            error = error or problem
    raise error or DataError(f"{path}: cannot be read")


def _renamed(table: Table, columns: Sequence[str]) -> Table:
    named = table.with_columns(**{name: table.frame[column] for name, column in zip(_COLUMNS, columns, strict=True)})
    for column in columns:
        named = named.without(column)
    return named


def _products(lines: Table) -> Table:
    """One row per product: its first line with a description."""
    frame = lines.frame[["item", "title"]].copy()
    prices, _ = parse_numbers(lines.frame["price"])
    frame["price"] = prices
    median = frame.groupby("item")["price"].median()
    described = frame[frame["title"].str.strip() != ""].drop_duplicates("item")
    titles = described.set_index("item")["title"]
    first = ~frame["item"].duplicated().to_numpy()
    products = lines.without_rows(~first)
    ids = products.frame["item"]
    return products.with_columns(title=titles.reindex(ids).fillna("").to_numpy(), price=median.reindex(ids).to_numpy())
