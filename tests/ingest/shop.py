"""A made-up shop's export, as a spreadsheet in Germany leaves it: three files, `;`, umlauts, HTML, gaps, ISO times."""

import random
from pathlib import Path

CATEGORIES = ("Möbel", "Küche", "Garten", "Büro")
MATERIALS = ("Holz", "Stahl", "Glas", "Stoff", "Leder")


def write_shop(folder: Path, encoding: str = "cp1252") -> Path:
    """Write produkte.csv, kunden.csv and bestellungen.csv; the same at every call."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(7)
    products = ["Artikelnummer;Bezeichnung;Beschreibung;Preis;Kategorie;Material;Lieferbar;Eingestellt am;Bild"]
    for n in range(80):
        price = "" if n % 9 == 0 else f"1.{100 + n},50 €" if n % 4 == 0 else f"{n + 1},95 €"
        made_of = ", ".join(chance.sample(MATERIALS, 2))
        about = f"<p>Stuhl Nummer {n} aus <b>{made_of}</b>, f&uuml;r drinnen und drau&szlig;en.</p>"
        products.append(
            f'A{n:04d};"Stuhl ""Größe {n}""";"{about}";{price};{CATEGORIES[n % 4]};{made_of};'
            f"{'ja' if n % 3 else 'nein'};{n % 28 + 1:02d}.{n % 12 + 1:02d}.2021;https://shop.example/{n}.jpg"
        )
    customers = ["Kundennummer;Vorname;E-Mail;Ort;Geburtsjahr"]
    for n in range(60):
        customers.append(f"{n:05d};Jörg{n};k{n}@shop.example;{('Köln', 'München', 'Berlin')[n % 3]};{1950 + n}")
    orders = ["Bestellnummer;Kundennummer;Artikelnummer;Menge;Bestellt am"]
    for n in range(1200):
        customer = chance.randrange(60)
        product = (customer * 7 + chance.randrange(20)) % 80
        orders.append(f"B{n:06d};{customer:05d};A{product:04d};1;2023-{n % 12 + 1:02d}-{n % 28 + 1:02d}T10:15:00+01:00")
    for name, lines in (("produkte", products), ("kunden", customers), ("bestellungen", orders)):
        (folder / f"{name}.csv").write_bytes(("\r\n".join(lines) + "\r\n").encode(encoding))
    return folder
