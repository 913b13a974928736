"""Content: TF-IDF rows of items, and a person's taste in them."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from pharos.ingest.schema import Feature, FeatureType
from pharos.towers.content.encoder import COLUMNS, ContentEncoder
from pharos.towers.content.products import products
from pharos.towers.content.taste import Taste

FEATURES = (Feature("kind", FeatureType.CATEGORY), Feature("tags", FeatureType.TAGS), Feature("text", FeatureType.TEXT))


def items(*rows: tuple[str, str, tuple[str, ...], str]) -> pd.DataFrame:
    """Rows of title, kind, tags and text."""
    table = pd.DataFrame(rows, columns=["title", "kind", "tags", "text"])
    return table.assign(item_id=[f"i{place}" for place in range(len(rows))])


CATALOGUE = items(
    ("Trail shoe", "shoes", ("run", "wet"), "light and fast"),
    ("Road shoe", "shoes", ("run",), "fast on asphalt"),
    ("Yoga mat", "mats", ("yoga",), "soft and light"),
    ("Travel mat", "mats", ("yoga", "light"), "thin"),
)


@pytest.fixture(scope="module")
def encoder() -> ContentEncoder:
    return ContentEncoder.fit(CATALOGUE, FEATURES)


def test_labels_and_words_each_make_a_part_of_length_one(encoder: ContentEncoder) -> None:
    rows = encoder.encode(CATALOGUE, FEATURES)
    labels = rows.indices < len(encoder.labels)
    squares = np.add.reduceat(rows.data**2 * labels, rows.indptr[:-1])
    assert squares == pytest.approx(1, abs=1e-5)
    assert np.add.reduceat(rows.data**2 * ~labels, rows.indptr[:-1]) == pytest.approx(1, abs=1e-5)


def test_a_rare_label_weighs_more_than_a_common_one(encoder: ContentEncoder) -> None:
    row = encoder.encode(CATALOGUE.iloc[:1], FEATURES)
    weight = dict(zip(row.indices.tolist(), row.data.tolist(), strict=True))
    assert weight[encoder.labels.index("tags=wet")] > weight[encoder.labels.index("tags=run")]


def test_a_term_that_came_later_finds_the_same_column_in_every_row(encoder: ContentEncoder) -> None:
    later = items(("Drone", "drones", (), ""), ("Other", "drones", (), ""))
    rows = encoder.encode(later, FEATURES)
    one, other = (set(rows[place].indices.tolist()) for place in (0, 1))
    assert one & other
    assert min(one & other) >= encoder.terms


def test_an_item_of_which_nothing_is_written_has_an_empty_row(encoder: ContentEncoder) -> None:
    assert encoder.encode(items(("", "", (), "")), FEATURES).nnz == 0


def test_a_saved_encoder_gives_the_same_rows(encoder: ContentEncoder) -> None:
    again = ContentEncoder.from_state(encoder.state())
    rows = [each.encode(CATALOGUE, FEATURES) for each in (encoder, again)]
    assert np.abs(rows[0].data - rows[1].data).max() < 1e-5
    np.testing.assert_array_equal(rows[0].indices, rows[1].indices)


def test_products_of_wide_rows_are_those_of_narrow_ones(encoder: ContentEncoder) -> None:
    rows = encoder.encode(CATALOGUE, FEATURES)
    narrow = sp.csr_matrix((rows.data, rows.indices, rows.indptr), shape=(len(CATALOGUE), encoder.terms)).toarray()
    assert rows.shape == (len(CATALOGUE), COLUMNS)
    assert products(rows, rows) == pytest.approx(narrow @ narrow.T, abs=1e-5)


def test_taste_prefers_what_is_written_of_past_items(encoder: ContentEncoder) -> None:
    rows = encoder.encode(CATALOGUE, FEATURES)
    taste = Taste.fit(rows, encoder)
    read = taste.read(rows)
    scores = (taste.weights(read[[0]], taste.scaled(read[[0]])) @ read.T).toarray()[0]
    assert scores[1] > max(scores[2], scores[3])


def test_taste_is_the_ridge_regression_that_it_says_it_is(encoder: ContentEncoder) -> None:
    rows = encoder.encode(CATALOGUE, FEATURES)
    taste = Taste.fit(rows, encoder)
    past = taste.read(rows[:2])
    dense = past.toarray().astype(np.float64)
    expected = np.linalg.solve(dense.T @ dense + np.diag(1 + taste.spread), dense.T @ np.ones(2))
    assert taste.weights(past, taste.scaled(past)).toarray()[0] == pytest.approx(expected, abs=1e-5)


def test_where_labels_are_few_taste_reads_words() -> None:
    features = (Feature("text", FeatureType.TEXT),)
    encoder = ContentEncoder.fit(CATALOGUE, features)
    taste = Taste.fit(encoder.encode(CATALOGUE, features), encoder)
    assert len(taste.spread) == len(encoder.words)
