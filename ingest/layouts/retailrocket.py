"""RetailRocket: events.csv with times in milliseconds, and properties of items over time."""

from pathlib import Path
from typing import Final

import pandas as pd

from pharos.ingest.assemble import EntityTable, InteractionTable, assemble
from pharos.ingest.dataset import Dataset
from pharos.ingest.schema import Feature, FeatureType
from pharos.ingest.tables.csv_table import read_csv
from pharos.ingest.tables.table import Table, join_tables
from pharos.ingest.values.times import TimeFormat

FILES: Final = ("events.csv", "item_properties_part*.csv")
_WEIGHTS: Final = {"view": 1.0, "addtocart": 3.0, "transaction": 5.0}
_PROPERTIES: Final = {"categoryid": "category", "available": "in_stock"}
_FEATURES: Final = (Feature("category", FeatureType.CATEGORY), Feature("in_stock", FeatureType.FLAG))


def read_retailrocket(folder: Path) -> Dataset:
    """Read the events, and of each item its last category and availability; other properties are hashed."""
    events = read_csv(folder / FILES[0], ["timestamp", "visitorid", "event", "itemid"])
    parts = sorted(folder.glob(FILES[1]))
    items = join_tables(FILES[1], [_properties(read_csv(path, _COLUMNS)) for path in parts])
    return assemble(
        folder.resolve().name,
        InteractionTable(events, "visitorid", "itemid", None, "timestamp", "event", TimeFormat("ms"), weights=_WEIGHTS),
        EntityTable(_one_row_each(items), "itemid", None, _FEATURES, keep_unlisted=True),
        None,
    )


_COLUMNS: Final = ["timestamp", "itemid", "property", "value"]


def _properties(table: Table) -> Table:
    known = table.frame["property"].isin(list(_PROPERTIES)).to_numpy(dtype=bool)
    return table.leave_out(~known, "a property whose name is a hash")


def _one_row_each(table: Table) -> Table:
    """The last value of each property, in the row in which the item comes first."""
    frame = table.frame
    newest = frame.iloc[frame["timestamp"].str.zfill(20).argsort(kind="stable")]
    newest = newest.drop_duplicates(["itemid", "property"], keep="last")
    wide = newest.pivot(index="itemid", columns="property", values="value")
    repeated = frame["itemid"].duplicated().to_numpy()
    table = table.leave_out(repeated, "rows of an item that is there already: the last values are kept")
    ids = table.frame["itemid"]
    columns = {}
    for source, name in _PROPERTIES.items():
        values = wide[source].reindex(ids) if source in wide else pd.Series("", index=ids)
        columns[name] = values.fillna("").astype("str").to_numpy()
    return table.with_columns(**columns)
