"""Hints in the names of columns and files, by the words that common exports use."""

import re
from collections.abc import Iterable
from typing import Final

USER: Final = (
    "user", "customer", "client", "member", "visitor", "reviewer", "buyer", "account", "person", "player", "viewer",
    "reader", "listener", "subscriber", "patient", "student", "session", "kunde", "nutzer", "benutzer", "besucher",
    "käufer", "utilisateur", "cliente", "usuario", "utente", "uid", "profile",
    "researcher", "scholar",
)  # fmt: skip
ITEM: Final = (
    "item", "product", "movie", "film", "book", "isbn", "article", "artikel", "produkt", "sku", "asin", "song",
    "artist", "business", "game", "app", "news", "anime", "recipe", "course", "stockcode", "stock_code", "show",
    "video", "post", "listing", "property", "job", "ware", "artículo", "articulo", "producto", "produit",
    "prodotto", "iid", "content", "document", "track", "restaurant", "hotel", "paper", "publication", "preprint", "doi",
    "arxiv", "pmid", "manuscript", "bibcode",
)  # fmt: skip
RATING: Final = (
    "rating", "stars", "score", "overall", "bewertung", "sterne", "punkte", "vote", "grade", "note", "puntuacion",
    "preference",
)  # fmt: skip
TIME: Final = (
    "timestamp", "time", "date", "datetime", "created", "ts", "datum", "zeit", "when", "ordered", "purchased", "viewed",
    "fecha", "occurred", "bestellt", "gekauft", "at",
)  # fmt: skip
TYPE: Final = (
    "event", "event_type", "type", "action", "behavior", "behaviour", "interaction", "ereignis", "aktion", "kind",
)  # fmt: skip
TITLE: Final = (
    "title", "name", "titel", "bezeichnung", "label", "headline", "titre", "nombre", "titulo", "título", "nom", "nome",
    "description", "beschreibung",
)  # fmt: skip
IDENTIFIER: Final = (
    "id", "key", "code", "nr", "no", "nummer", "number", "uuid", "guid", "ean", "gtin", "sku", "index",
    "doi", "isbn", "issn", "pmid",
)  # fmt: skip
NAMES_OF_MANY: Final = (
    "author", "autor", "auteur", "keyword", "schlagwort", "tag", "subject", "topic", "genre",
    "editor", "actor", "cast", "mesh",
)  # fmt: skip
"""Names of columns whose cells list several names, most of which may stand in one row alone."""
PERSONAL: Final = (
    "email", "e-mail", "mail", "phone", "telefon", "tel", "mobile", "handy", "firstname", "first_name", "lastname",
    "last_name", "surname", "vorname", "nachname", "name", "address", "adresse", "street", "strasse", "straße",
    "password", "passwort", "iban", "birthname", "username", "ip", "ssn",
)  # fmt: skip
CODES: Final = ("zip", "zipcode", "postal", "postcode", "plz", "postleitzahl")

WEIGHTS: Final = {
    "view": 1.0, "pageview": 1.0, "page_view": 1.0, "pv": 1.0, "click": 1.0, "detail": 1.0, "impression": 1.0,
    "ansicht": 1.0, "play": 2.0, "listen": 2.0, "watch": 2.0, "download": 2.0,
    "read": 2.0, "abstract_view": 1.0, "save": 3.0, "cite": 5.0, "citation": 5.0, "fav": 3.0, "favorite": 3.0,
    "favourite": 3.0, "wishlist": 3.0, "like": 3.0, "bookmark": 3.0, "share": 3.0, "cart": 3.0, "addtocart": 3.0,
    "add_to_cart": 3.0, "add-to-cart": 3.0, "basket": 3.0, "warenkorb": 3.0, "merkzettel": 3.0, "rating": 3.0,
    "review": 3.0, "purchase": 5.0, "buy": 5.0, "transaction": 5.0, "order": 5.0, "sale": 5.0, "kauf": 5.0,
    "bestellung": 5.0, "checkout": 5.0, "dislike": -3.0, "skip": -1.0, "return": -5.0, "refund": -5.0,
    "retoure": -5.0, "remove_from_cart": -3.0, "cancel": -5.0, "storno": -5.0,
}  # fmt: skip
"""First guesses of the weights of event types, to be corrected by the user."""


def words(name: str) -> list[str]:
    """The words of a name, in lower case: "reviewerID" gives reviewer and id."""
    spaced = re.sub(r"(?<=[a-zäöüß])(?=[A-ZÄÖÜ])", " ", name)
    return [word for word in re.split(r"[\W_\d]+", spaced.lower()) if word]


def hints(name: str, vocabulary: Iterable[str]) -> int:
    """How strongly a name hints at one of these words: 3 equal, 2 contains it as a word, 1 as a substring."""
    vocabulary = tuple(vocabulary)
    lowered = name.lower().strip()
    parts = words(name)
    if lowered in vocabulary:
        return 3
    singular = {part.removesuffix("s") for part in parts} | set(parts)
    if singular & set(vocabulary):
        return 2
    return int(any(len(word) >= 4 and word in lowered for word in vocabulary))


def is_identifier(name: str) -> bool:
    """Whether a name ends as that of an id does."""
    parts = words(name)
    last = parts[-1] if parts else ""
    return last in IDENTIFIER or any(len(end) > 3 and last.endswith(end) for end in IDENTIFIER)
