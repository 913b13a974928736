"""Features and title clean-up ("Matrix, The (1999)") that all MovieLens editions share."""

from typing import Final

from pharos.ingest.schema import Feature, FeatureType
from pharos.ingest.tables.table import Table

ITEM_FEATURES: Final = (Feature("year", FeatureType.NUMBER), Feature("genres", FeatureType.TAGS))
USER_FEATURES: Final = (
    Feature("age", FeatureType.NUMBER),
    Feature("gender", FeatureType.CATEGORY),
    Feature("occupation", FeatureType.CATEGORY),
)
_YEAR: Final = r"\s*\((\d{4})(?:[^\d)]\d{0,4})?\)\s*$"  # a series has both its years: "(1993-1995)"
_ARTICLES: Final = "The|A|An|Le|La|Les|Un|Une|El|Los|Las|Il|Lo|Gli|I|O|Os|Der|Die|Das|Den|Det|De|Het|En|Ett"
_TRAILING_ARTICLE: Final = rf"(^|\()([^()]+), ({_ARTICLES})(?=\s*\(|\)|$)"


def clean_titles(movies: Table) -> Table:
    """The table with titles without the year and with the article in front, and the years as `year` (text)."""
    titles = movies.frame["title"]
    years = titles.str.extract(_YEAR, expand=False).fillna("")
    names = titles.str.replace(_YEAR, "", regex=True).str.replace(_TRAILING_ARTICLE, r"\1\3 \2", regex=True)
    return movies.with_columns(title=names.str.strip(), year=years)
