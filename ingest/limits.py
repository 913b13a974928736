"""Limits on the size of one value, in files and in requests."""

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
IMAGE_SIDE: Final = 32
"""Pixels of a picture's side, as it is kept."""
MAX_IMAGE_BYTES: Final = 20_000_000
"""Bytes of a picture's file."""
MAX_IMAGE_PIXELS: Final = 50_000_000
"""Pixels of a picture, as it comes."""
MAX_IMAGE_TEXT: Final = 4_000_000
"""Characters of a picture in a request, as base64."""
MAX_STEPS: Final = 2_000
"""Steps of a series; of a longer one the newest are kept."""
MAX_STEP_VALUES: Final = 64
"""Values of one step of a series."""
