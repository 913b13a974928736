"""Published data sets that a declaration like dataset.toml describes completely."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pharos.ingest.dataset import Dataset
from pharos.ingest.declaration import read_declaration

GOODBOOKS: Final = """
[interactions]
file = "ratings.csv"
user = "user_id"
item = "book_id"
rating = "rating"
[items]
file = "books.csv"
id = "book_id"
title = "title"
[items.features]
authors = { type = "tags", separator = "," }
original_publication_year = "number"
language_code = "category"
"""
BOOK_CROSSING: Final = """
[interactions]
file = "BX-Book-Ratings.csv"
separator = ";"
encoding = "cp1252"
escape = '\\'
user = "User-ID"
item = "ISBN"
rating = "Book-Rating"
[items]
file = "BX-Books.csv"
separator = ";"
encoding = "cp1252"
escape = '\\'
id = "ISBN"
title = "Book-Title"
unlisted = "keep"
[items.features]
author = { type = "category", column = "Book-Author" }
year = { type = "number", column = "Year-Of-Publication" }
publisher = { type = "category", column = "Publisher" }
[users]
file = "BX-Users.csv"
separator = ";"
encoding = "cp1252"
escape = '\\'
id = "User-ID"
[users.features]
location = { type = "tags", separator = ",", column = "Location" }
age = { type = "number", column = "Age" }
"""
LASTFM_360K: Final = """
[interactions]
file = "usersha1-artmbid-artname-plays.tsv"
separator = "\\t"
quote = ""
header = false
columns = ["user", "artist_id", "artist", "plays"]
user = "user"
item = "artist"
[users]
file = "usersha1-profile.tsv"
separator = "\\t"
quote = ""
header = false
columns = ["user", "gender", "age", "country", "signup"]
id = "user"
[users.features]
gender = "category"
age = "number"
country = "category"
"""
LASTFM_HETREC: Final = """
[interactions]
file = "user_artists.dat"
separator = "\\t"
quote = ""
user = "userID"
item = "artistID"
[items]
file = "artists.dat"
separator = "\\t"
quote = ""
id = "id"
title = "name"
unlisted = "keep"
"""
STEAM_200K: Final = """
[interactions]
file = "steam-200k.csv"
separator = ","
header = false
columns = ["user", "game", "behaviour", "value", "nothing"]
user = "user"
item = "game"
type = "behaviour"
weights = { purchase = 1, play = 2 }
"""
YELP: Final = """
[interactions]
file = "yelp_academic_dataset_review.json"
user = "user_id"
item = "business_id"
rating = "stars"
timestamp = "date"
timezone = "UTC"
[items]
file = "yelp_academic_dataset_business.json"
id = "business_id"
title = "name"
unlisted = "keep"
[items.features]
categories = { type = "tags", separator = "," }
city = "category"
state = "category"
is_open = "flag"
latitude = "number"
longitude = "number"
"""
HM: Final = """
[interactions]
file = "transactions_train.csv"
user = "customer_id"
item = "article_id"
timestamp = "t_dat"
timezone = "UTC"
[items]
file = "articles.csv"
id = "article_id"
title = "prod_name"
[items.features]
product_type_name = "category"
product_group_name = "category"
graphical_appearance_name = "category"
colour_group_name = "category"
department_name = "category"
index_name = "category"
section_name = "category"
garment_group_name = "category"
detail_desc = "text"
[users]
file = "customers.csv"
id = "customer_id"
[users.features]
age = "number"
club_member_status = "category"
fashion_news_frequency = "category"
FN = "flag"
Active = "flag"
"""


def by_declaration(text: str) -> Callable[[Path], Dataset]:
    """A reader of folders that uses this declaration."""

    def read(folder: Path) -> Dataset:
        return read_declaration(folder, folder / "(known layout)", tomllib.loads(text))

    return read
