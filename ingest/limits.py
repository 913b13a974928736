"""How much one value may hold, in a file as in a request."""

from typing import Final

MAX_TEXT: Final = 20_000
"""Characters of a text or a title."""
MAX_CATEGORY: Final = 500
"""Characters of a category."""
MAX_TAGS: Final = 200
"""Tags of one row."""
MAX_TAG: Final = 200
"""Characters of one tag."""
MAX_VECTOR: Final = 8_192
"""Numbers of one vector."""
