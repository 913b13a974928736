"""Write the export of a made-up outdoor shop: products.csv, customers.csv, orders.csv.

    python3 scripts/made_up_shop.py FOLDER

The same files every time. People keep to one activity, sometimes two, and buy the large things first, so there is
something to learn. A few rows are wrong, as they are in every export. Needs Python alone.
"""

import csv
import random
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

# What belongs to an activity, in the order in which people come to need it.
ACTIVITIES: Final = {
    "camping": ("tent", "sleeping bag", "camping stove", "head lamp"),
    "climbing": ("climbing rope", "harness", "carabiner", "chalk bag"),
    "running": ("running shoe", "running vest", "sports watch", "drinking belt"),
    "cycling": ("bicycle helmet", "bicycle light", "pannier", "tyre pump"),
    "paddling": ("canoe", "paddle", "life jacket", "dry bag"),
}
BRANDS: Final = ("Norrfell", "Altura", "Kestrel", "Fjordline")
NAMES: Final = ("Swift", "Solid", "Light", "Bold", "Calm", "Bright", "Keen", "Wide", "Brave", "Plain", "Deep", "Far")
LABELS: Final = ("waterproof", "recycled", "for children", "ultralight", "repairable")
CITIES: Final = ("Bergen", "Graz", "Porto", "Utrecht")
CUSTOMERS: Final = 500
_START: Final = datetime(2024, 1, 1, tzinfo=UTC)


class Product(NamedTuple):
    """A row of products.csv."""

    product_id: str
    name: str
    activity: str
    kind: str
    brand: str
    price: float
    labels: str
    description: str


def products(chance: random.Random) -> list[Product]:
    """240 products, twelve of each kind."""
    rows = []
    for activity, kinds in ACTIVITIES.items():
        for kind in kinds:
            for name in NAMES:
                labels = chance.sample(LABELS, chance.randint(0, 3))
                brand = chance.choice(BRANDS)
                text = f"A {name.lower()} {kind} for {activity}" + (f", {', '.join(labels)}." if labels else ".")
                price = round(chance.uniform(5, 60) * (4 - kinds.index(kind)), 2)
                number = f"P{len(rows) + 1:03}"
                title = f"{brand} {name} {kind}"
                rows.append(Product(number, title, activity, kind, brand, price, ",".join(labels), text))
    return rows


def orders(chance: random.Random, catalogue: Sequence[Product]) -> list[tuple[str, str, str]]:
    """Customer, product and time, by time: six to fourteen products of each customer."""
    rows = []
    for number in range(1, CUSTOMERS + 1):
        own, other = chance.sample(list(ACTIVITIES), 2)
        brand, moment = chance.choice(BRANDS), _START + timedelta(minutes=chance.randrange(250 * 24 * 60))
        bought: set[str] = set()
        for place in range(chance.randint(6, 14)):
            activity = other if chance.random() < 0.15 else own
            kind = ACTIVITIES[activity][min(place // 3, 3) if chance.random() < 0.7 else chance.randrange(4)]
            shelf = [product for product in catalogue if product.kind == kind and product.product_id not in bought]
            product = chance.choices(shelf, [3.0 if product.brand == brand else 1.0 for product in shelf])[0]
            bought.add(product.product_id)
            rows.append((f"C{number:04}", product.product_id, moment.strftime("%Y-%m-%d %H:%M:%S")))
            moment += timedelta(minutes=chance.randrange(10, 8 * 24 * 60))
    return sorted(rows, key=lambda row: row[2])


def write(folder: Path) -> None:
    """Write the three files."""
    chance = random.Random(7)
    catalogue = products(chance)
    customers = [(f"C{number:04}", chance.choice(CITIES)) for number in range(1, CUSTOMERS + 1)]
    bought: list[Sequence[object]] = [*orders(chance, catalogue)]
    # A product that is sold no more, an order without a customer, and one without a time.
    bought[100:100] = [("C0007", "P999", "2024-03-02 10:00:00"), ("", "P010", "2024-03-02 10:05:00")]
    bought.append(("C0008", "P011", "soon"))
    folder.mkdir(parents=True, exist_ok=True)
    _table(folder / "products.csv", Product._fields, catalogue)
    _table(folder / "customers.csv", ("customer_id", "city"), customers)
    _table(folder / "orders.csv", ("customer_id", "product_id", "ordered_at"), bought)


def _table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(columns)
        table.writerows(rows)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python3 scripts/made_up_shop.py FOLDER")
    write(Path(sys.argv[1]))
    sys.stdout.write(f"Wrote products.csv, customers.csv and orders.csv to {sys.argv[1]}\n")
