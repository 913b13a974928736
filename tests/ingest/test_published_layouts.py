"""Public data sets are read as they are published: tiny made-up samples of each form."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pharos.ingest.dataset import Dataset
from pharos.ingest.load import load_dataset
from tests.ingest.folders import write


def goodbooks(folder: Path) -> None:
    write(
        folder,
        ratings__csv=["user_id,book_id,rating", "1,7,5", "2,7,3"],
        books__csv=[
            "book_id,goodreads_book_id,isbn,authors,original_publication_year,original_title,title,language_code",
            '7,900,0439023483,"Ann A, Bob B",1997.0,First,"First (Series, #1)",eng',
        ],
    )


def book_crossing(folder: Path) -> None:
    write(
        folder,
        **{
            "BX-Book-Ratings__csv": b'"User-ID";"ISBN";"Book-Rating"\r\n"1";"034545104X";"5"\r\n'
            b'"2";"0155061224";"0"\r\n',
            "BX-Books__csv": '"ISBN";"Book-Title";"Book-Author";"Year-Of-Publication";"Publisher"\r\n'
            '"034545104X";"A \\"Größe\\"; and more";"M. Müller";"2002";"Ballantine"\r\n'.encode("latin-1"),
            "BX-Users__csv": b'"User-ID";"Location";"Age"\r\n"1";"nyc, new york, usa";NULL\r\n'
            b'"2";"k\xf6ln, germany";"18"\r\n',
        },
    )


def lastfm_360k(folder: Path) -> None:
    write(
        folder,
        **{
            "usersha1-artmbid-artname-plays__tsv": [
                '00ab\t3bd7\tthe "quoted\t12',
                "00ab\t\tother\t3",
                "11cd\t9\tother\t1",
            ],
            "usersha1-profile__tsv": ["00ab\tm\t22\tGermany\tFeb 1, 2007", "11cd\t\t\tMexico\tMay 5, 2008"],
        },
    )


def lastfm_hetrec(folder: Path) -> None:
    write(
        folder,
        user_artists__dat=["userID\tartistID\tweight", "2\t51\t13883", "3\t52\t11690"],
        artists__dat=["id\tname\turl\tpictureURL", '51\tDuran "D" Duran\thttp://x\thttp://y'],
    )


def steam(folder: Path) -> None:
    lines = ["1,Game A,purchase,1.0,0", "1,Game A,play,27.0,0", '1,"Game, B",purchase,1.0,0', "2,Game A,purchase,1.0,0"]
    write(folder, **{"steam-200k__csv": lines})


def yelp(folder: Path) -> None:
    review = {"review_id": "r", "user_id": "u1", "business_id": "b1", "stars": 4.0, "date": "2018-07-07 22:09:11"}
    business = {
        "business_id": "b1",
        "name": "Café",
        "city": "Reno",
        "is_open": 1,
        "categories": "Food, Pubs",
        "state": "NV",
        "latitude": 1.5,
        "longitude": None,
    }
    write(
        folder,
        yelp_academic_dataset_review__json=[json.dumps(review)],
        yelp_academic_dataset_business__json=[json.dumps(business)],
    )


def hm(folder: Path) -> None:
    columns = ("product_type_name", "product_group_name", "graphical_appearance_name", "colour_group_name")
    more = ("department_name", "index_name", "section_name", "garment_group_name", "detail_desc")
    write(
        folder,
        transactions_train__csv=[
            "t_dat,customer_id,article_id,price,sales_channel_id",
            "2018-09-20,00a,0663713001,0.05,2",
        ],
        articles__csv=[
            f"article_id,prod_name,{','.join(columns)},{','.join(more)}",
            "0663713001,Top,Vest,Upper,Solid,Black,Jersey,Women,Basics,Tops,A top",
        ],
        customers__csv=[
            "customer_id,FN,Active,club_member_status,fashion_news_frequency,age,postal_code",
            "00a,,1.0,ACTIVE,NONE,49.0,52043e",
        ],
    )


def amazon_2014(folder: Path) -> None:
    review = {"reviewerID": "A1", "asin": "B1", "overall": 5.0, "unixReviewTime": 1370476800}
    product = "{'asin': 'B1', 'title': \"It's\", 'price': 3.5, 'categories': [['Beauty', 'Hair']], 'brand': 'X'}\n"
    (folder / "reviews_Beauty_5.json.gz").write_bytes(gzip.compress(json.dumps(review).encode()))
    (folder / "meta_Beauty.json.gz").write_bytes(gzip.compress(product.encode()))


def amazon_2018(folder: Path) -> None:
    review = {"reviewerID": "A1", "asin": "B1", "overall": 5.0, "unixReviewTime": 1370476800}
    product = {"asin": "B1", "title": "It&amp;s", "price": "$3.50", "category": ["Beauty", "Hair"], "brand": "X"}
    write(folder, Beauty__json=[json.dumps(review)], meta_Beauty__json=[json.dumps(product)])


def amazon_2023(folder: Path) -> None:
    review = {
        "user_id": "A1",
        "parent_asin": "B1",
        "asin": "B9",
        "rating": 5.0,
        "timestamp": 1370476800123,
        "title": "t",
    }
    product = {"parent_asin": "B1", "title": "It", "price": 3.5, "categories": ["Beauty", "Hair"], "store": "X"}
    write(folder, All_Beauty__jsonl=[json.dumps(review)], meta_All_Beauty__jsonl=[json.dumps(product)])


def recbole(folder: Path) -> None:
    write(
        folder,
        tiny__inter=["user_id:token\titem_id:token\trating:float\ttimestamp:float", "1\t7\t4\t1600000000"],
        tiny__item=["item_id:token\tmovie_title:token_seq\tyear:float\tgenre:token_seq", '7\tToy "Story\t1995\tA B'],
        tiny__user=["user_id:token\tgender:token", "1\tM"],
    )


def retailrocket(folder: Path) -> None:
    write(
        folder,
        events__csv=[
            "timestamp,visitorid,event,itemid,transactionid",
            "1433221332117,257597,view,355908,",
            "1433221332118,257597,transaction,355908,4",
        ],
        item_properties_part1__csv=[
            "timestamp,itemid,property,value",
            "1435460400000,355908,categoryid,1338",
            "1441508400000,355908,888,1116713 n7.0",
        ],
        item_properties_part2__csv=[
            "timestamp,itemid,property,value",
            "1441508400000,355908,categoryid,9",
            "1431508400000,355908,available,1",
        ],
    )


def online_retail(folder: Path) -> None:
    header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
    lines = [
        "536365,85123A,WHITE HOLDER,6,12/1/2010 8:26,2.55,17850,United Kingdom",
        "536366,85123A,WHITE HOLDER,6,12/1/2010 8:28,2.75,,United Kingdom",
        "536367,84406B,COAT HANGER \xa3,6,12/2/2010 9:00,2.75,17850,United Kingdom",
        "C536379,84406B,COAT HANGER \xa3,-6,12/13/2010 9:41,2.75,17850,United Kingdom",
    ]
    (folder / "OnlineRetail.csv").write_bytes("\r\n".join([header, *lines]).encode("cp1252"))


def mind(folder: Path) -> None:
    write(
        folder,
        behaviors__tsv=["1\tU1\t11/11/2019 9:05:58 AM\tN1 N2\tN3-1 N4-0", "2\tU1\t11/12/2019 6:11:30 PM\tN1 N2\tN4-1"],
        news__tsv=[
            f'N{n}\tlifestyle\troyals\tThe "brands {n}\tShop\thttps://x\t[{{"Label": "P"}}]\t[]' for n in (1, 2, 3, 4)
        ],
    )


def pairs(dataset: Dataset) -> list[list[str]]:
    return dataset.interactions[["user_id", "item_id"]].to_numpy().tolist()


LAYOUTS: dict[str, tuple[Callable[[Path], None], list[list[str]], dict[str, object]]] = {
    "Goodbooks-10k": (
        goodbooks, [["1", "7"], ["2", "7"]],
        {"title": "First (Series, #1)", "authors": ("Ann A", "Bob B"), "original_publication_year": 1997.0},
    ),
    "Book-Crossing": (
        book_crossing, [["1", "034545104X"], ["2", "0155061224"]],
        {"title": 'A "Größe"; and more', "author": "M. Müller", "year": 2002.0},
    ),
    "Last.fm 360K": (
        lastfm_360k, [["00ab", 'the "quoted'], ["00ab", "other"], ["11cd", "other"]], {"title": 'the "quoted'},
    ),
    "Last.fm of HetRec": (lastfm_hetrec, [["2", "51"], ["3", "52"]], {"title": 'Duran "D" Duran'}),
    "Steam-200k": (steam, [["1", "Game A"], ["1", "Game, B"], ["2", "Game A"]], {"title": "Game A"}),
    "Yelp": (yelp, [["u1", "b1"]], {"title": "Café", "categories": ("Food", "Pubs"), "is_open": 1.0}),
    "H&M": (hm, [["00a", "0663713001"]], {"title": "Top", "colour_group_name": "Black", "detail_desc": "A top"}),
    "Amazon 2014": (amazon_2014, [["A1", "B1"]], {"title": "It's", "categories": ("Beauty", "Hair"), "price": 3.5}),
    "Amazon 2018": (amazon_2018, [["A1", "B1"]], {"category": ("Beauty", "Hair"), "price": 3.5, "brand": "X"}),
    "Amazon 2023": (amazon_2023, [["A1", "B1"]], {"categories": ("Beauty", "Hair"), "price": 3.5, "store": "X"}),
    "RecBole": (recbole, [["1", "7"]], {"title": 'Toy "Story', "year": 1995.0, "genre": ("A", "B")}),
    "RetailRocket": (retailrocket, [["257597", "355908"]], {"category": "9", "in_stock": 1.0}),
    "Online Retail": (online_retail, [["17850", "85123A"]], {"title": "WHITE HOLDER", "price": 2.65}),
    "MIND": (
        mind, [["U1", "N1"], ["U1", "N2"], ["U1", "N3"], ["U1", "N4"]],
        {"title": 'The "brands 1', "subcategory": "royals"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("make", "expected", "first"), LAYOUTS.values(), ids=LAYOUTS.keys())
def test_a_public_data_set_is_read_as_it_is_published(
    tmp_path: Path, make: Callable[[Path], None], expected: list[list[str]], first: dict[str, object]
) -> None:
    make(tmp_path)
    dataset = load_dataset(tmp_path)
    assert pairs(dataset) == expected
    item = dataset.items.iloc[0]
    found = {name: item[name] for name in first}
    assert {name: round(value, 4) if isinstance(value, float) else value for name, value in found.items()} == first
    assert not [line for line in dataset.report.lines() if "missing" in line or "dropped" in line]


TIMES = {
    "Yelp": (yelp, [1531001351]),
    "H&M": (hm, [1537401600]),
    "Amazon 2023": (amazon_2023, [1370476800]),
    "RetailRocket": (retailrocket, [1433221332]),
    "Online Retail": (online_retail, [1291191960]),
    "MIND": (mind, [1573463156, 1573463157, 1573463158, 1573582290]),
}


@pytest.mark.parametrize(("make", "seconds"), TIMES.values(), ids=TIMES.keys())
def test_the_times_of_a_public_data_set_are_unix_seconds(
    tmp_path: Path, make: Callable[[Path], None], seconds: list[int]
) -> None:
    make(tmp_path)
    assert load_dataset(tmp_path).interactions["timestamp"].tolist() == seconds


@pytest.mark.parametrize(("make", "_expected", "_first"), LAYOUTS.values(), ids=LAYOUTS.keys())
def test_of_a_public_data_set_every_row_of_interactions_is_counted_once(
    tmp_path: Path, make: Callable[[Path], None], _expected: object, _first: object
) -> None:
    make(tmp_path)
    report = load_dataset(tmp_path).report
    (count,) = (count for name, count in report.tables if name == "interactions")
    assert count.read + count.noted + count.dropped in [rows for _, rows in report.rows]
