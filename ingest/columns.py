"""The column names that every package uses."""

from typing import Final


class Columns:
    """Column names of the typed tables, the same from ingestion to recommendations."""

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
