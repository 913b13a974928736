"""One form of Unicode for all texts."""

import unicodedata

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from pharos.ingest.unicode import clean_ids, clean_name, composed, nfc


@given(st.text(max_size=200))
def test_every_form_of_a_text_becomes_the_same(text: str) -> None:
    forms = [unicodedata.normalize(form, text) for form in ("NFC", "NFD")]
    assert {nfc(form) for form in [text, *forms]} == {unicodedata.normalize("NFC", text)}


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=10))
def test_a_column_is_composed_as_each_of_its_texts(texts: list[str]) -> None:
    series = pd.Series(texts, dtype="str", index=range(5, 5 + len(texts)))
    assert composed(series).to_dict() == {place: nfc(text) for place, text in series.items()}


def test_ids_are_told_that_were_in_another_form() -> None:
    ids = pd.Series([" plain", "composed é", "decomposed e\u0301", "Å\u2003"], dtype="str")
    clean, changed = clean_ids(ids)
    assert clean.tolist() == ["plain", "composed é", "decomposed é", "Å"]
    assert changed.tolist() == [False, False, True, False]
    assert [clean_name(text) for text in ids] == clean.tolist()


def test_a_missing_text_stays_missing() -> None:
    assert composed(pd.Series(["é", None, "e\u0301"], dtype="str")).isna().tolist() == [False, True, False]


def test_a_text_that_piles_marks_is_left_as_it_is_and_a_long_one_is_composed() -> None:
    pile = "a" + "\u0301\u0316" * 500_000  # to compose it would take an hour
    assert nfc(pile) == pile
    long = "e\u0301" * 1000
    assert nfc(long) == "é" * 1000
