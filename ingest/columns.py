"""The names of the columns that every package shares."""

from typing import Final


class Columns:
    """Column names of the typed tables: one vocabulary from the files to the answers."""

    USER: Final = "user_id"
    ITEM: Final = "item_id"
    RATING: Final = "rating"
    TIMESTAMP: Final = "timestamp"
    TITLE: Final = "title"
    AVAILABLE_FROM: Final = "available_from"
    AVAILABLE_UNTIL: Final = "available_until"
    RANK: Final = "rank"
    SCORE: Final = "score"
    PREDICTION: Final = "prediction"
