"""Parses the features of a single record from a request, with the same types as in a Dataset."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pharos.ingest.limits import (
    IMAGE_SIDE,
    MAX_CATEGORY,
    MAX_IMAGE_TEXT,
    MAX_STEP_VALUES,
    MAX_STEPS,
    MAX_TAG,
    MAX_TAGS,
    MAX_TEXT,
    MAX_VECTOR,
)
from pharos.ingest.schema import Feature, FeatureType, FeatureValue
from pharos.ingest.signals import image_of_text, read_series
from pharos.ingest.unicode import clean_name, nfc

_SHOWN_CHARACTERS = 80


class FeatureError(ValueError):
    """A value that a feature does not allow, or an unknown feature name.

    field: the name given. value: the value given. allowed: what may stand there, in words.
    """

    def __init__(self, field: str, value: object, allowed: str) -> None:
        shown = repr(value)
        if len(shown) > _SHOWN_CHARACTERS:
            shown = f"{shown[:_SHOWN_CHARACTERS]}…"
        super().__init__(f"{field}: {shown} is not allowed; allowed is {allowed}")
        self.field = field
        self.value = value
        self.allowed = allowed


def parse_features(features: tuple[Feature, ...], values: Mapping[str, object]) -> dict[str, FeatureValue]:
    """The value of every feature, typed as in Dataset's columns; absent or null ones are the missing value.

    values: JSON values, or typed ones: what this function gives it also takes; their texts and names are brought to
    NFC. Errors: FeatureError.
    """
    values = {nfc(name): value for name, value in values.items()}
    names = {feature.name for feature in features}
    for name, value in values.items():
        if name not in names:
            known = ", ".join(feature.name for feature in features) or "none: no features are declared"
            raise FeatureError(name, value, f"one of the known features ({known})")
    return {feature.name: _parse(feature, values.get(feature.name)) for feature in features}


def _parse(feature: Feature, value: Any) -> FeatureValue:
    if value is None:
        return feature.missing
    match feature.type:
        case FeatureType.NUMBER:
            return _parse_number(feature.name, value)
        case FeatureType.FLAG:
            return _parse_flag(feature.name, value)
        case FeatureType.CATEGORY:
            return _parse_text(feature.name, value, MAX_CATEGORY).strip()
        case FeatureType.TEXT:
            return _parse_text(feature.name, value, MAX_TEXT)
        case FeatureType.TAGS:
            return _parse_tags(feature.name, value)
        case FeatureType.VECTOR:
            return _parse_vector(feature, value)
        case FeatureType.IMAGE:
            return _parse_image(feature.name, value)
        case FeatureType.SERIES:
            return _parse_series(feature, value)


def _parse_number(name: str, value: Any) -> float:
    allowed = "a finite number, or null for a missing one"
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FeatureError(name, value, allowed)
    try:
        number = float(value)
    except OverflowError:
        raise FeatureError(name, value, allowed) from None
    if math.isinf(number):
        raise FeatureError(name, value, allowed)
    return number


def _parse_flag(name: str, value: Any) -> float:
    if isinstance(value, float) and math.isnan(value):
        return value
    if not isinstance(value, int | float) or value not in (0, 1):
        raise FeatureError(name, value, "true, false, or null for a missing one")
    return float(value)


def _parse_text(name: str, value: Any, limit: int) -> str:
    if not isinstance(value, str) or len(value) > limit or not _is_unicode(value):
        raise FeatureError(name, value, f"a text of at most {limit:,} characters")
    return nfc(value)


def _parse_tags(name: str, value: Any) -> tuple[str, ...]:
    allowed = f"a list of at most {MAX_TAGS} texts of 1 to {MAX_TAG} characters"
    if not isinstance(value, list | tuple) or len(value) > MAX_TAGS:
        raise FeatureError(name, value, allowed)
    for tag in value:
        if not isinstance(tag, str) or not tag.strip() or len(tag) > MAX_TAG or not _is_unicode(tag):
            raise FeatureError(name, value, allowed)
    return tuple(dict.fromkeys(clean_name(tag) for tag in value))


def _parse_vector(feature: Feature, value: Any) -> NDArray[np.float32]:
    count = f"exactly {feature.length}" if feature.length is not None else f"1 to {MAX_VECTOR:,}"
    error = FeatureError(feature.name, value, f"a list of {count} finite numbers, or null for a missing one")
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= MAX_VECTOR:
        raise error
    if any(isinstance(number, bool) or not isinstance(number, int | float) for number in value):
        raise error
    try:
        with np.errstate(over="ignore"):
            vector = np.array(value, dtype=np.float64).astype(np.float32)
    except OverflowError:
        raise error from None
    if not np.isfinite(vector).all() or (feature.length is not None and len(vector) != feature.length):
        raise error
    return vector


def _parse_image(name: str, value: Any) -> NDArray[np.uint8]:
    if isinstance(value, np.ndarray) and value.dtype == np.uint8 and value.shape == (IMAGE_SIDE, IMAGE_SIDE, 3):
        return value
    allowed = f"a picture's file as base64 of at most {MAX_IMAGE_TEXT:,} characters, or null for a missing one"
    if not isinstance(value, str):
        raise FeatureError(name, value, allowed)
    try:
        return image_of_text(value)
    except ValueError as error:
        raise FeatureError(name, value, f"{allowed} (this is {error})") from error


def _parse_series(feature: Feature, value: Any) -> NDArray[np.float32] | None:
    count = f"{feature.length}" if feature.length is not None else f"1 to {MAX_STEP_VALUES}"
    allowed = f"a list of at most {MAX_STEPS:,} steps of {count} finite numbers each, or null for a missing one"
    if not isinstance(value, list | tuple | np.ndarray) or len(value) > MAX_STEPS:
        raise FeatureError(feature.name, value, allowed)
    try:
        series = read_series(value)
    except (ValueError, TypeError, OverflowError) as error:
        raise FeatureError(feature.name, value, allowed) from error
    if series is not None and feature.length is not None and series.shape[1] != feature.length:
        raise FeatureError(feature.name, value, allowed)
    return series


def _is_unicode(text: str) -> bool:
    """Whether the text can be stored: JSON can hold half a surrogate pair, which no encoding can."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
